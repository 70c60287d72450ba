// One proposer as a value, and what each event makes of it: begin(), receive() and tick() of the protocol
// over an immutable Instance, with the ballot source rebuilt from its counter for every step.

import { FloorTable, type Place } from '../../src/actors/floors.ts';
import { type Ballot, BallotSource, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Pending } from '../../src/protocol/batch.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { join } from '../../src/protocol/instance.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { type ClientRequest, isRead } from '../../src/protocol/operation.ts';
import { isKey, partitionOf } from '../../src/protocol/partition.ts';
import { FIRST_EPOCH } from '../../src/protocol/quorum.ts';
import {
  type Answer,
  type Context,
  DEFAULT_TIMING,
  type Instance,
  newInstance,
} from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { configurationIn, type Epochs } from './epochs.ts';
import { at } from './interning.ts';
import type { Routed } from './routed.ts';
import { KEY, type Rules, type Script } from './scope.ts';

export interface ProposerState {
  readonly instance: Instance;
  readonly epoch: number;
  readonly counter: number;
  readonly crashes: number;
  /** How many batches of the script were begun, and rounds prepared. */
  readonly begun: number;
  readonly prepares: number;
  readonly floor: Place;
  readonly floorsAsked: number;
  /** What it has instead of an instance where keys move between groups. */
  readonly routed?: Routed;
}

export type ProposerEvent =
  | { readonly kind: 'begin' }
  /** It asks for the floor of the key's partition. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'reply'; readonly acceptor: string; readonly epoch: number; readonly reply: Reply }
  /** It hears that another epoch was decided. */
  | { readonly kind: 'epoch'; readonly epoch: number }
  /** The silence lasts for longer than the settling time, or a back-off ends. */
  | { readonly kind: 'settle' }
  /** The earliest deadline of the batch passes. */
  | { readonly kind: 'deadline' }
  | { readonly kind: 'crash' }
  /** It hears of a map that was decided, or is answered what it asked for it. */
  | { readonly kind: 'learn' | 'map'; readonly map: number }
  /** The mover works through it, by that map. */
  | { readonly kind: 'mover begins' | 'mover brings'; readonly map: number };

/** A command with what the judge needs to know about it and the protocol does not. */
export interface Sent {
  readonly proposer: number;
  readonly incarnation: string;
  readonly epoch: number;
  readonly command: Command;
  /** Of an accept: the ballot whose value it was computed from. */
  readonly parent: Ballot;
  /** Of an accept that brings a key: the ballot of the stay before that it descends from. */
  readonly broughtFrom?: Ballot;
  /** Of an accept: the tokens of the requests that take effect by it. */
  readonly applied: readonly number[];
}

export interface ProposerStep {
  readonly state: ProposerState;
  readonly sent: readonly Sent[];
  readonly answers: readonly { readonly token: number; readonly answer: Answer }[];
  /** What whoever moves keys is told. */
  readonly moved?: boolean | undefined;
  /** What happened within it. */
  readonly seen?: readonly string[];
}

export interface Proposer {
  readonly index: number;
  readonly script: Script;
  readonly rules: Rules;
  readonly epochs: Epochs;
}

export const FRESH: ProposerState = {
  instance: newInstance(KEY),
  epoch: FIRST_EPOCH,
  counter: 0,
  crashes: 0,
  begun: 0,
  prepares: 0,
  floor: { phase: 'without', askAtMs: 0, skips: 0 },
  floorsAsked: 0,
};

export const SETTLED_MS = DEFAULT_TIMING.settleMs * 2;
export const DEADLINE_MS = 1000;
const BATCH_MAX = 8;
/** By so much a collecting ballot is above the delete: just what was promised with it. */
export const COLLECTED_ABOVE = 1;
const PARTITION = partitionOf(KEY);
/** One key is in use: a floor is never used up. */
const FLOOR_USES_MAX = 2;

export function incarnationOf({ index }: Proposer, { crashes }: ProposerState): string {
  return `p${index + 1}${"'".repeat(crashes)}`;
}

/** What the event makes of the proposer, or undefined when it cannot happen or is out of scope. */
export function step(
  proposer: Proposer,
  before: ProposerState,
  event: ProposerEvent,
): ProposerStep | undefined {
  if (event.kind === 'crash') return crash(proposer, before);
  const epoch = event.kind === 'epoch' ? event.epoch : before.epoch;
  if (epoch < before.epoch) return undefined;
  const configuration = proposer.rules.configuration(configurationIn(proposer.epochs, epoch));
  const ballots = new BallotSource(incarnationOf(proposer, before), before.counter);
  const floors = new FloorTable(FLOOR_USES_MAX, [[PARTITION, copied(placeIn(before, epoch))]]);
  const context: Context = {
    configuration,
    reserve: [],
    ballots,
    floors,
    codec: { encode: encodeState, decode: decodeState },
    changes: BUILT_IN_CHANGES,
    valueBytesMax: 1024,
    rememberedMax: 1,
    timing: DEFAULT_TIMING,
    random: () => 0,
    nowMs: timeOf(before, event),
    effects: { broadcast: [], direct: [], answers: [], chosen: [], closed: [] },
  };
  const instance = happen(proposer, before, event, context, floors);
  if (instance === undefined) return undefined;
  const { broadcast, answers } = context.effects;
  const prepares = before.prepares + broadcast.filter(command => command.kind === 'prepare').length;
  if (prepares > proposer.script.preparesMax) return undefined;
  const state: ProposerState = {
    instance: timeless(instance),
    epoch,
    counter: ballots.counter,
    crashes: before.crashes,
    begun: before.begun + (event.kind === 'begin' ? 1 : 0),
    prepares,
    floor: timelessFloor(floors.place(PARTITION)),
    floorsAsked: before.floorsAsked + broadcast.filter(command => command.kind === 'floor').length,
  };
  if (state.floorsAsked > proposer.script.floorsMax) return undefined;
  const sent = broadcast.map(command => ({
    proposer: proposer.index,
    incarnation: ballots.proposer,
    epoch,
    command,
    parent: command.kind === 'accept' ? parentOf(before.instance, event) : ZERO_BALLOT,
    applied: command.kind === 'accept' ? appliedBy(instance) : [],
  }));
  return { state, sent, answers };
}

function crash({ script }: Proposer, before: ProposerState): ProposerStep | undefined {
  if (before.crashes >= script.crashesMax || before.begun === 0) return undefined;
  const { begun, prepares, floorsAsked } = before;
  return {
    state: { ...FRESH, crashes: before.crashes + 1, begun, prepares, floorsAsked },
    sent: [],
    answers: [],
  };
}

/** All that happens, happens at time 0 of the work at hand: see timeless(). */
function timeOf({ instance }: ProposerState, event: ProposerEvent): number {
  if (event.kind === 'settle') return SETTLED_MS;
  if (event.kind !== 'deadline' || instance.work.phase === 'idle') return 0;
  return Math.min(...instance.work.batch.map(pending => pending.deadlineMs));
}

function happen(
  { index, script, rules }: Proposer,
  { instance, epoch, begun, floor, floorsAsked }: ProposerState,
  event: Exclude<ProposerEvent, { kind: 'crash' }>,
  context: Context,
  floors: FloorTable,
): Instance | undefined {
  const isIdle = instance.work.phase === 'idle';
  switch (event.kind) {
    case 'ask': {
      if (floorsAsked === script.floorsMax || floor.phase === 'asking') return undefined;
      return floors.awaits(KEY, context) ? instance : undefined;
    }
    case 'begin': {
      if (begun === script.batches.length) return undefined;
      const batch = batchOf(script, begun);
      return isIdle ? rules.begin(instance, batch, context) : join(instance, batch, context);
    }
    case 'reply':
      // C2
      if (event.epoch !== epoch) return instance;
      if (!isKey(event.reply.key)) floors.receive(event.acceptor, event.reply, context);
      return rules.receive(instance, event.acceptor, event.reply, context);
    case 'epoch':
      return event.epoch === epoch ? undefined : rules.restart(instance, context);
    case 'settle':
      return isIdle ? undefined : rules.tick(instance, context);
    case 'deadline':
      return isIdle || !script.givesUp ? undefined : rules.tick(instance, context);
    default:
      throw new TypeError(`Proposer ${index} knows no such event`);
  }
}

function batchOf(script: Script, begun: number): readonly Pending[] {
  return at(script.batches, begun).map((request, i) => ({
    token: begun * BATCH_MAX + i,
    request,
    deadlineMs: DEADLINE_MS * (1 + i),
    attempts: [],
  }));
}

/**
 * Clocks tell nothing that the order of events does not: the times of the work are set back to 0, as a
 * retransmission later, and any longer back-off, lead to the same states.
 */
export function timeless(instance: Instance): Instance {
  const { work } = instance;
  const plain = { ...instance, failures: Math.min(instance.failures, 1), bytes: 0 };
  switch (work.phase) {
    case 'idle':
      return plain;
    case 'waiting':
      return { ...plain, work: { ...work, untilMs: 0 } };
    case 'reading':
    case 'fetching':
    case 'preparing':
    case 'accepting': {
      const start = {
        startedAtMs: 0,
        resendAtMs: DEFAULT_TIMING.resendMs,
        resends: 0,
        owedSinceMs: undefined,
        allAskedMs: 0,
      };
      return { ...plain, work: { ...work, ...start } };
    }
  }
}

/** C4: a floor ends with its epoch. */
function placeIn({ floor, epoch }: ProposerState, now: number): Place {
  return now === epoch ? floor : FRESH.floor;
}

/** The floor with a filter of its own: the table writes into it. */
function copied(place: Place): Place {
  return place.phase === 'held' ? { ...place, used: place.used.slice() } : place;
}

function timelessFloor(place: Place): Place {
  return place.phase === 'without' ? { ...place, askAtMs: Math.sign(place.askAtMs) } : place;
}

/** The ballot that an accept builds on: of the standing state, or the highest of the promises or reports. */
export function parentOf({ work, standing }: Instance, event: ProposerEvent): Ballot {
  const isReport = work.phase === 'reading' && work.floor !== undefined;
  if (work.phase !== 'preparing' && !isReport)
    return standing === undefined ? ZERO_BALLOT : orCollected(standing.accepted, [standing.state]);
  const votes = work.phase === 'preparing' ? work.round.promises : work.votes;
  const found = votes.map(vote => vote.accepted);
  if (event.kind === 'reply' && 'accepted' in event.reply) found.push(event.reply.accepted);
  const values = [...votes, ...('reply' in event && 'value' in event.reply ? [event.reply] : [])].map(
    ({ value }) => value,
  );
  const states = values.filter(value => value.length > 0).map(decodeState);
  return orCollected(found.toSorted(compareBallots).at(-1) ?? ZERO_BALLOT, states);
}

/** Where nothing is accepted, the line goes on from the delete that was collected, which only p1 makes. */
function orCollected(
  accepted: Ballot,
  states: readonly { readonly set: boolean; readonly collected: number }[],
): Ballot {
  const collected = Math.max(0, ...states.map(state => state.collected));
  if (accepted.counter > 0 || collected === 0) return accepted;
  return { counter: collected - COLLECTED_ABOVE, proposer: 'p1' };
}

/** The requests that change the state by this round. One that an earlier round applied has that one's outcome. */
export function appliedBy({ work }: Instance): readonly number[] {
  if (work.phase !== 'accepting') return [];
  const applied = work.batch.filter(({ request, attempts }) => {
    const outcomes = attempts.map(attempt => attempt.outcome);
    const last = outcomes.pop();
    if (last === undefined || outcomes.includes(last) || isRead(request.operation)) return false;
    return last.kind === 'done' && !last.duplicate;
  });
  return applied.map(pending => pending.token);
}

export function requestOf(script: Script, token: number): ClientRequest {
  return at(at(script.batches, Math.floor(token / BATCH_MAX)), token % BATCH_MAX);
}

export function tokensOf(script: Script, begun: number): readonly number[] {
  return at(script.batches, begun).map((_, i) => begun * BATCH_MAX + i);
}

/** Requests with the same id, or passed on under one number, are one request, whoever is asked. */
export function nameOf(proposer: number, script: Script, token: number): string {
  const { id, pass } = requestOf(script, token);
  return pass === undefined ? (id ?? `${proposer}.${token}`) : `${pass.router} ${pass.number}`;
}
