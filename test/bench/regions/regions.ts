// Three regions on the product's own actors, in virtual time: what wide-area round trips make of a change of a register.
// One acceptor, one proposer and one client in each region, as in the table of the CASPaxos paper (D. Rystsov, "CASPaxos:
// Replicated State Machines without logs", 2018, section 3.2), whose round trips these are. Processors and disks take no time here.

import { AcceptorActor } from '../../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../../src/actors/actor.ts';
import { ProposerActor, type ProposerInput } from '../../../src/actors/proposer-actor.ts';
import { BUILT_IN_CHANGES } from '../../../src/protocol/changes.ts';
import type { Operation } from '../../../src/protocol/operation.ts';
import { REMEMBERED_MAX } from '../../../src/protocol/register.ts';
import { DEFAULT_TIMING } from '../../../src/protocol/work.ts';
import { ALL } from '../../../src/transport/envelope-codec.ts';
import type { ServiceAnswer } from '../../../src/transport/reply-codec.ts';
import { decodeState, encodeState } from '../../../src/transport/state-codec.ts';
import { storeOf, votingStanding } from '../../actors/standings.ts';
import { EventQueue } from '../../simulation/event-queue.ts';

export const REGIONS = ['West US 2', 'West Central US', 'Southeast Asia'] as const;
export type Region = (typeof REGIONS)[number];

/** Round trips in ms, as the paper gives them. */
const ROUND_TRIPS: Readonly<Record<string, number>> = {
  'West US 2, West Central US': 21.8,
  'West US 2, Southeast Asia': 169,
  'West Central US, Southeast Asia': 189.2,
};
/** Client to proposer and back within a region, and a proposer to the acceptor beside it. */
const LOCAL_MS = 1;
const DEADLINE_MS = 60_000;
const BYTES_MAX = 1 << 24;

/** What a client does again and again, each step with what the one before it told. */
export type Loop = 'read and cas' | 'change' | 'create';

/** Median milliseconds of one round of the loop, by region. @param rounds how many each client does */
export function mediansOf(loop: Loop, rounds: number): ReadonlyMap<Region, number> {
  const events = new EventQueue();
  const world = new World(events);
  const clients = REGIONS.map(region => new RegionClient(world, region, loop));
  for (const client of clients) client.run(rounds);
  events.runWhile(() => clients.some(({ isBusy }) => isBusy), Number.POSITIVE_INFINITY);
  return new Map(clients.map(({ region, took }) => [region, median(took)]));
}

class World {
  readonly events: EventQueue;
  readonly proposers: ReadonlyMap<Region, RegionProposer>;
  readonly #acceptors: ReadonlyMap<Region, AcceptorActor>;

  constructor(events: EventQueue) {
    this.events = events;
    this.#acceptors = new Map(
      REGIONS.map(region => {
        return [region, new AcceptorActor({ cacheBytesMax: BYTES_MAX, standing: votingStanding(region) })];
      }),
    );
    this.proposers = new Map(REGIONS.map(region => [region, new RegionProposer(this, region)]));
  }

  /** Carries commands to an acceptor and its replies back. */
  ask(
    from: Region,
    to: Region,
    ask: Parameters<AcceptorActor['step']>[0][number],
    onReplies: (input: Extract<ProposerInput, { kind: 'replies' }>) => void,
  ): void {
    const oneWayMs = roundTripMs(from, to) / 2;
    this.events.after(oneWayMs, () => {
      const acceptor = this.#acceptors.get(to);
      const turn = acceptor?.step([ask], NOTHING_LOADED, this.events.nowMs);
      acceptor?.settled();
      const replies = turn?.send.flatMap(sent => sent.replies) ?? [];
      const stamp = { store: storeOf(to), incarnation: 'first', since: 1, commits: 1 };
      this.events.after(oneWayMs, () =>
        onReplies({ kind: 'replies', epoch: 1, acceptor: to, stamp, replies }),
      );
    });
  }
}

class RegionProposer {
  readonly #world: World;
  readonly #region: Region;
  readonly #actor: ProposerActor;
  readonly #waiting = new Map<number, (answer: ServiceAnswer) => void>();
  #lastToken = 0;

  constructor(world: World, region: Region) {
    this.#world = world;
    this.#region = region;
    this.#actor = new ProposerActor({
      incarnation: region,
      configuration: { cluster: 'regions', epoch: 1, acceptors: [...REGIONS] },
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      // Nothing is lost here, so nothing is to be sent again.
      timing: { ...DEFAULT_TIMING, resendMs: DEADLINE_MS, resendMsMax: DEADLINE_MS },
      asks: 'all',
      seed: 1,
      limits: {
        valueBytesMax: 1000,
        requestsMax: 1000,
        requestBytesMax: BYTES_MAX,
        rememberedMax: REMEMBERED_MAX,
        floorUsesMax: 4096,
        objectBytesMax: BYTES_MAX,
        ringBytesMax: BYTES_MAX,
      },
    });
  }

  request(key: string, operation: Operation, onAnswer: (answer: ServiceAnswer) => void): void {
    this.#lastToken += 1;
    const token = this.#lastToken;
    this.#waiting.set(token, onAnswer);
    const deadlineMs = this.#world.events.nowMs + DEADLINE_MS;
    const request = { operation, id: undefined };
    this.#step({ kind: 'request', token, key, request, deadlineMs, bytes: 100 });
  }

  #step(input: ProposerInput): void {
    for (const output of this.#actor.step([input], NOTHING_LOADED, this.#world.events.nowMs).send) {
      if (output.kind === 'answer') {
        this.#waiting.get(output.token)?.(output.answer);
        this.#waiting.delete(output.token);
      }
      if (output.kind !== 'commands') continue;
      const { acceptor, commands } = output;
      for (const to of REGIONS.filter(region => acceptor === ALL || acceptor === region)) {
        const ask = { proposer: this.#region, epoch: 1, commands };
        this.#world.ask(this.#region, to, ask, replies => this.#step(replies));
      }
    }
  }
}

/** On a key of its own. */
class RegionClient {
  readonly region: Region;
  readonly took: number[] = [];
  isBusy = true;
  readonly #world: World;
  readonly #loop: Loop;

  constructor(world: World, region: Region, loop: Loop) {
    this.region = region;
    this.#world = world;
    this.#loop = loop;
  }

  run(rounds: number): void {
    if (rounds === 0) {
      this.isBusy = false;
      return;
    }
    const { events } = this.#world;
    const startMs = events.nowMs;
    this.#round(rounds, () => {
      this.took.push(events.nowMs - startMs);
      this.run(rounds - 1);
    });
  }

  #round(number: number, onEnd: () => void): void {
    const key = `counter of ${this.region}`;
    if (this.#loop === 'change') this.#ask(key, { type: 'variable.change', change: 'add', args: [1] }, onEnd);
    else if (this.#loop === 'create')
      this.#ask(`${key} ${number}`, { type: 'variable.create', value: 1 }, onEnd);
    else
      this.#ask(key, { type: 'variable.read' }, version =>
        this.#ask(
          key,
          version === 0
            ? { type: 'variable.create', value: 1 }
            : { type: 'variable.cas', value: number, expect: { by: 'version', version } },
          onEnd,
        ),
      );
  }

  #ask(key: string, operation: Operation, onDone: (version: number) => void): void {
    const { events, proposers } = this.#world;
    events.after(LOCAL_MS / 2, () =>
      proposers.get(this.region)?.request(key, operation, answer =>
        events.after(LOCAL_MS / 2, () => {
          if (answer.kind !== 'done') throw new Error(`${this.region} ${key}: ${answer.kind}`);
          onDone(answer.view.version);
        }),
      ),
    );
  }
}

function roundTripMs(one: Region, other: Region): number {
  if (one === other) return LOCAL_MS;
  return ROUND_TRIPS[`${one}, ${other}`] ?? ROUND_TRIPS[`${other}, ${one}`] ?? 0;
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
