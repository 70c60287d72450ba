// A group of acceptors and proposers, stepped by hand: what stories about the protocol are told with. Nothing
// is delivered and no time passes unless the story says so.

import { BallotSource } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Floors } from '../../src/protocol/floor.ts';
import { begin, receive, tick } from '../../src/protocol/instance.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation, Request } from '../../src/protocol/operation.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import {
  type Answer,
  type Context,
  DEFAULT_TIMING,
  type Effects,
  type Instance,
  newInstance,
} from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { type Acceptor, EMPTY_ACCEPTOR, RULES } from '../exploration/scope.ts';
import { vote } from '../exploration/vote.ts';

export const KEY = 'orders.42';
export const DEADLINE_MS = 5_000;

export const write = (value: string): Operation => ({ type: 'variable.write', value });
export const create = (value: string): Operation => ({ type: 'variable.create', value });
export const casVersion = (version: number, value: string): Operation => {
  return { type: 'variable.cas', value, expect: { by: 'version', version } };
};
export const read: Operation = { type: 'variable.read' };
export const remove: Operation = { type: 'variable.delete', version: undefined };
export const set: Operation = { type: 'switch.set' };
export const readSwitch: Operation = { type: 'switch.read' };

export class Group {
  readonly configuration: Configuration;
  readonly #slots = new Map<string, Acceptor>();

  constructor(...acceptors: readonly string[]) {
    this.configuration = {
      cluster: 'test',
      epoch: 1,
      acceptors: acceptors.length > 0 ? acceptors : ['a', 'b', 'c'],
    };
  }

  proposer(incarnation: string): Proposer {
    return new Proposer(this, incarnation);
  }

  slot(acceptor: string): Acceptor {
    return this.#slots.get(acceptor) ?? EMPTY_ACCEPTOR;
  }

  /** The acceptor takes the command. */
  vote(acceptor: string, command: Command): Reply {
    const { slot, reply } = vote(RULES, this.slot(acceptor), command);
    this.#slots.set(acceptor, slot);
    return reply;
  }
}

export const NO_FLOORS: Floors = {
  of: () => undefined,
  outbids: () => false,
  use: () => {},
  lose: () => {},
};

export class Proposer {
  readonly ballots: BallotSource;
  readonly #group: Group;
  readonly #answers = new Map<number, Answer>();
  instance: Instance = newInstance(KEY);
  nowMs = 0;
  /** Whom it leaves in reserve from now on. */
  reserve: readonly string[] = [];
  floors: Floors = NO_FLOORS;
  /** What the last step sent to all, and to single acceptors. */
  broadcast: readonly Command[] = [];
  direct: Effects['direct'] = [];
  /** Versions that were announced as chosen. */
  readonly chosen: number[] = [];
  #tokens = 0;

  constructor(group: Group, incarnation: string) {
    this.#group = group;
    this.ballots = new BallotSource(incarnation);
  }

  /** Begins a batch. @returns the tokens of its requests. */
  begin(...operations: readonly Operation[]): readonly number[] {
    return this.beginRequests(...operations.map(operation => ({ operation, id: undefined })));
  }

  beginRequests(...requests: readonly (Request & { readonly deadlineMs?: number })[]): readonly number[] {
    const batch = requests.map(({ deadlineMs = DEADLINE_MS, ...request }) => {
      return {
        token: this.#tokens++,
        request,
        deadlineMs: this.nowMs + deadlineMs,
        attempts: [],
      };
    });
    this.#step(context => begin(this.instance, batch, context));
    return batch.map(pending => pending.token);
  }

  /** The one command that the last step sent to all. */
  get command(): Command {
    const [command, ...others] = this.broadcast;
    if (command === undefined || others.length > 0)
      throw new Error(`${this.broadcast.length} commands were sent`);
    return command;
  }

  /** Delivers the last command to these acceptors and their replies back, until the work has gone on. */
  exchange(...acceptors: readonly string[]): void {
    const { command } = this;
    for (const acceptor of acceptors) this.receive(acceptor, this.#group.vote(acceptor, command));
  }

  /** Exchanges with these acceptors until all is answered. */
  finish(...acceptors: readonly string[]): void {
    for (let rounds = 0; this.phase !== 'idle'; rounds++) {
      if (rounds === 10) throw new Error(`Still ${this.phase} after ${rounds} rounds`);
      this.exchange(...acceptors);
    }
  }

  receive(acceptor: string, reply: Reply): void {
    this.#step(context => receive(this.instance, acceptor, reply, context));
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.nowMs += ms;
    this.#step(context => tick(this.instance, context));
  }

  get phase(): Instance['work']['phase'] {
    return this.instance.work.phase;
  }

  answer(token: number | undefined): Answer | undefined {
    return token === undefined ? undefined : this.#answers.get(token);
  }

  #step(happen: (context: Context) => Instance): void {
    const effects: Effects = { broadcast: [], direct: [], answers: [], chosen: [], closed: [] };
    const before = this.instance;
    this.instance = happen(this.#context(effects));
    // Nothing new is said while replies are counted: the command at hand stays the one to deliver.
    if (effects.broadcast.length > 0 || this.instance.work.phase !== before.work.phase)
      this.broadcast = effects.broadcast;
    this.direct = effects.direct;
    for (const { token, answer } of effects.answers) {
      if (this.#answers.has(token)) throw new Error(`Request ${token} was answered twice`);
      this.#answers.set(token, answer);
    }
    this.chosen.push(...effects.chosen.map(hint => hint.version));
  }

  #context(effects: Effects): Context {
    return {
      configuration: this.#group.configuration,
      reserve: this.reserve,
      ballots: this.ballots,
      floors: this.floors,
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      valueBytesMax: 1024,
      rememberedMax: REMEMBERED_MAX,
      timing: DEFAULT_TIMING,
      random: () => 0.5,
      nowMs: this.nowMs,
      effects,
    };
  }
}

/** What `done` shows of a variable. */
export function shown(value: string, version: number): Answer {
  return { kind: 'done', view: { set: true, value, version }, duplicate: false };
}

export const UNSET_SHOWN: Answer = {
  kind: 'done',
  view: { set: false, value: undefined, version: 0 },
  duplicate: false,
};

/** A group in which p1 has written 'A' with ballot 1 and holds the standing ballot 2. */
export function afterFirstWrite() {
  const group = new Group();
  const first = group.proposer('p1');
  first.begin(write('A'));
  first.finish('a', 'b', 'c');
  const second = group.proposer('p2');
  second.ballots.observe({ counter: 5, proposer: 'p1' });
  return { group, first, second };
}

export const accepted = (counter: number): Reply => ({ kind: 'accepted', key: KEY, counter });
export const conflict = (counter: number, phase: 'prepare' | 'accept'): Reply => {
  return { kind: 'conflict', key: KEY, phase, counter, seen: { counter: 7, proposer: 'p9' } };
};
