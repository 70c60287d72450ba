// A proposer with two groups of acceptors, as a value: the router, and the register of the key in each group, over the
// functions of the protocol. What one says to another within a proposer is said at once.

import { FloorTable } from '../../src/actors/floors.ts';
import { type Ballot, BallotSource, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Pending } from '../../src/protocol/batch.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { keyIn } from '../../src/protocol/stays.ts';
import {
  type Answer,
  type Context,
  DEFAULT_TIMING,
  type Instance,
  newInstance,
} from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { configurationIn } from './epochs.ts';
import { at } from './interning.ts';
import { epochOfGroup, MAPS, PLACES } from './places.ts';
import {
  appliedBy,
  DEADLINE_MS,
  incarnationOf,
  type Proposer,
  type ProposerEvent,
  type ProposerState,
  type ProposerStep,
  parentOf,
  requestOf,
  SETTLED_MS,
  type Sent,
  timeless,
  tokensOf,
} from './proposer.ts';
import { type Rename, renamed } from './renaming.ts';
import {
  type Asked,
  FRESH_ROUTER,
  mapKnownTo,
  OWN_TOKENS,
  type RouterPast,
  type Told,
  tell,
} from './router-past.ts';
import { KEY } from './scope.ts';

/** Counters of each stay begin so much higher: no ballot is then one of two, and those of an earlier one are the lower ones. */
const COUNTERS_PER_STAY = 32;

export interface Routed {
  /** Of each place, and what waits for it. */
  readonly instances: readonly Instance[];
  readonly queues: readonly (readonly Asked[])[];
  /** Of the ballots in each stay. */
  readonly counters: readonly number[];
  readonly router: RouterPast;
  /** Of each stay the ballot whose state it fetched last: what it brings into the next one descends from that. */
  readonly fetched: readonly Ballot[];
  /** The request in hand. */
  readonly open: number | undefined;
}

const STAYS = [...new Set(PLACES.map(({ stay }) => stay))];

export const FRESH_ROUTED: Routed = {
  instances: PLACES.map(({ name }) => newInstance(name)),
  queues: PLACES.map(() => []),
  counters: STAYS.map(stay => stay * COUNTERS_PER_STAY),
  router: FRESH_ROUTER,
  fetched: STAYS.map(() => ZERO_BALLOT),
  open: undefined,
};

export function routedStep(
  proposer: Proposer,
  before: ProposerState & { readonly routed: Routed },
  event: ProposerEvent,
): ProposerStep | undefined {
  const life = new Life(proposer, before, event);
  return life.isPossible() ? life.step() : undefined;
}

export function renamedRouted(routed: Routed, rename: Rename): Routed {
  return { ...routed, instances: routed.instances.map(instance => renamed(instance, rename)) };
}

/** The register in hand that a message is about. */
export function instanceFor({ instances }: Routed, key: string): Instance {
  return at(instances, placeOf(key));
}

function placeOf(key: string): number {
  return PLACES.findIndex(({ name }) => name === key);
}

class Life {
  readonly #proposer: Proposer;
  readonly #before: ProposerState & { readonly routed: Routed };
  readonly #event: ProposerEvent;
  readonly #instances: Instance[];
  readonly #queues: Asked[][];
  readonly #counters: number[];
  readonly #sent: Sent[] = [];
  readonly #answers: { token: number; answer: Answer }[] = [];
  readonly #seen: string[] = [];
  #router: RouterPast;
  readonly #fetched: Ballot[];
  #open: number | undefined;
  #moved: boolean | undefined;

  constructor(proposer: Proposer, before: ProposerState & { readonly routed: Routed }, event: ProposerEvent) {
    const { routed } = before;
    this.#proposer = proposer;
    this.#before = before;
    this.#event = event;
    this.#instances = [...routed.instances];
    this.#queues = routed.queues.map(queue => [...queue]);
    this.#counters = [...routed.counters];
    this.#router = routed.router;
    this.#fetched = [...routed.fetched];
    this.#open = routed.open;
  }

  isPossible(): boolean {
    const event = this.#event;
    const { begun } = this.#before;
    switch (event.kind) {
      case 'begin':
        return this.#open === undefined && begun < this.#proposer.script.batches.length;
      case 'learn':
        return event.map > mapKnownTo(this.#router);
      case 'map':
        return this.#router.isAsking;
      case 'settle':
        return this.#instances.some(({ work }) => work.phase !== 'idle');
      case 'reply':
      case 'mover begins':
      case 'mover brings':
        return true;
      default:
        return false;
    }
  }

  /** Undefined when it is out of scope. */
  step(): ProposerStep | undefined {
    const { rules, script } = this.#proposer;
    const event = this.#event;
    switch (event.kind) {
      case 'begin': {
        const [token = 0] = tokensOf(script, this.#before.begun);
        const { operation } = requestOf(script, token);
        this.#open = token;
        this.#tell({ kind: 'request', token, operation });
        break;
      }
      case 'learn':
      case 'map':
        this.#tell(event);
        break;
      case 'mover begins':
        if (mapKnownTo(this.#router) < event.map) this.#tell({ kind: 'learn', map: event.map });
        this.#tell(event);
        break;
      case 'mover brings':
        this.#tell(event);
        break;
      case 'reply': {
        const { acceptor, reply } = event;
        const place = placeOf(reply.key);
        if (keyIn(reply.key) === KEY) this.#noteFetched(place, reply);
        this.#act(place, 0, (instance, context) => rules.receive(instance, acceptor, reply, context));
        break;
      }
      case 'settle':
        PLACES.forEach((_, place) => {
          this.#act(place, SETTLED_MS, (instance, context) => rules.tick(instance, context));
        });
        break;
      default:
        throw new TypeError(`No proposer of two groups knows '${event.kind}'`);
    }
    return this.#conclude();
  }

  #conclude(): ProposerStep | undefined {
    const { begun, prepares: before } = this.#before;
    const prepares = before + this.#sent.filter(({ command }) => command.kind === 'prepare').length;
    if (prepares > this.#proposer.script.preparesMax) return undefined;
    if (this.#counters.some((counter, stay) => counter >= (stay + 1) * COUNTERS_PER_STAY))
      throw new RangeError('Ballots of two stays meet');
    const routed: Routed = {
      instances: this.#instances.map(timeless),
      queues: this.#queues,
      counters: this.#counters,
      router: this.#router,
      fetched: this.#fetched,
      open: this.#open,
    };
    const state = {
      ...this.#before,
      begun: begun + (this.#event.kind === 'begin' ? 1 : 0),
      prepares,
      routed,
    };
    return { state, sent: this.#sent, answers: this.#answers, moved: this.#moved, seen: this.#seen };
  }

  /** Lets something happen to a register, and to all that hears of it. */
  #act(place: number, nowMs: number, act: (instance: Instance, context: Context) => Instance): void {
    const { group, stay } = at(PLACES, place);
    const { rules, epochs } = this.#proposer;
    const ballots = new BallotSource(incarnationOf(this.#proposer, this.#before), at(this.#counters, stay));
    const context: Context = {
      configuration: rules.configuration(configurationIn(epochs, epochOfGroup(group))),
      reserve: [],
      ballots,
      floors: new FloorTable(0),
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      valueBytesMax: 1024,
      rememberedMax: 1,
      timing: DEFAULT_TIMING,
      random: () => 0,
      nowMs,
      effects: { broadcast: [], direct: [], answers: [], chosen: [], closed: [] },
    };
    const before = at(this.#instances, place);
    const after = act(before, context);
    this.#instances[place] = after;
    this.#counters[stay] = ballots.counter;
    this.#note(place, before, after);
    const { broadcast, answers, closed } = context.effects;
    for (const command of broadcast) this.#send(place, command, before, after);
    for (const { token, answer } of answers) this.#tell({ kind: 'answered', token, answer });
    for (const { key, pending } of closed) {
      const operation = pending.request.operation as Operation;
      this.#tell({ kind: 'closed', asked: { group, key, token: pending.token, operation } });
    }
    this.#beginAt(place);
  }

  #send(place: number, command: Command, before: Instance, after: Instance): void {
    const isAccept = command.kind === 'accept';
    const { group, stay } = at(PLACES, place);
    const event = this.#event.kind === 'reply' ? this.#event : ({ kind: 'settle' } as const);
    this.#sent.push({
      proposer: this.#proposer.index,
      incarnation: incarnationOf(this.#proposer, this.#before),
      epoch: epochOfGroup(group),
      command,
      parent: isAccept ? parentOf(before, event) : ZERO_BALLOT,
      ...(isAccept && brings(after) ? { broughtFrom: at(this.#fetched, stay - 1) } : {}),
      applied: isAccept ? appliedBy(after).filter(token => token < OWN_TOKENS) : [],
    });
  }

  #beginAt(place: number): void {
    const queue = at(this.#queues, place);
    if (queue.length === 0 || at(this.#instances, place).work.phase !== 'idle') return;
    const batch = queue.splice(0).map(({ token, operation }): Pending => {
      return {
        token,
        request: { operation, id: undefined } as Pending['request'],
        deadlineMs: DEADLINE_MS,
        attempts: [],
      };
    });
    this.#act(place, 0, (instance, context) => this.#proposer.rules.begin(instance, batch, context));
  }

  #tell(told: Told): void {
    const { past, asked, answers, moved, events } = tell(this.#router, this.#proposer.rules.told(told));
    this.#router = past;
    this.#moved = moved ?? this.#moved;
    this.#seen.push(...events.map(event => `router: ${event}`));
    for (const { token, answer } of answers) {
      this.#open = undefined;
      if (answer.kind === 'overloaded') throw new TypeError('Nobody is overloaded here');
      this.#answers.push({ token, answer });
      this.#seen.push(`router: answered ${answer.kind}`);
    }
    for (const each of asked) {
      const place = placeOf(each.key);
      at(this.#queues, place).push(each);
      this.#beginAt(place);
    }
  }

  /** The highest that the quorum of a fetch tells, when this reply makes it one. */
  #noteFetched(place: number, reply: Reply): void {
    const { work } = at(this.#instances, place);
    if (work.phase !== 'fetching' || reply.kind !== 'report' || reply.serial !== work.serial) return;
    const told = [...work.votes, reply].map(({ accepted }) => accepted);
    this.#fetched[at(PLACES, place).stay] = told.toSorted(compareBallots).at(-1) ?? ZERO_BALLOT;
  }

  #note(place: number, before: Instance, after: Instance): void {
    if (before.work.phase !== after.work.phase)
      this.#seen.push(`${at(PLACES, place).group}: ${before.work.phase} → ${after.work.phase}`);
  }
}

/** Whether it has a round under way by which the key is brought. */
function brings({ work }: Instance): boolean {
  return (
    work.phase === 'accepting' &&
    work.batch.some(({ request, attempts }) => {
      return request.operation.type === 'state.bring' && attempts.at(-1)?.outcome.kind === 'done';
    })
  );
}

/** A proposer begins with the first map. */
export function learnEvents(): readonly { readonly kind: 'learn' | 'map'; readonly map: number }[] {
  const maps = MAPS.map((_, map) => map).slice(1);
  return maps.flatMap(map => [{ kind: 'learn', map } as const, { kind: 'map', map } as const]);
}
