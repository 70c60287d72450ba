// The state of the proposer's work on one register, and what the work asks of the acceptors again when they
// stay silent. How it moves from state to state is instance.ts.

import type { Ballot, BallotSource } from './ballot.ts';
import type { Pending } from './batch.ts';
import type { ChangeTable } from './changes.ts';
import type { Floors, KeyFloor } from './floor.ts';
import type { Command } from './messages.ts';
import { type Configuration, isQuorum } from './quorum.ts';
import type { Outcome } from './register.ts';
import { type Accepting, acceptorsOf, type Preparing, type Vote } from './round.ts';
import type { RegisterState } from './state.ts';

/** One register at one proposer. */
export interface Instance {
  readonly key: string;
  readonly work: Work;
  /** A promise of a quorum for a ballot that was not used yet, and the chosen state it builds on. */
  readonly standing: Standing | undefined;
  /** The state of a switch or register that is known to be chosen: it never changes again. */
  readonly final: RegisterState | undefined;
  /** Conflicts since the last success; what the back-off grows with. */
  readonly failures: number;
  /** How large the remembered state is as it travels: what keeping the instance in memory costs. */
  readonly bytes: number;
}

export interface Standing {
  readonly ballot: Ballot;
  readonly accepted: Ballot;
  readonly state: RegisterState;
}

export type Work =
  | { readonly phase: 'idle' }
  | (InFlight & {
      readonly phase: 'reading';
      readonly serial: number;
      readonly votes: readonly Vote[];
      /** As it was when the read began: the reports may then do for a phase 1 (F1). */
      readonly floor: KeyFloor | undefined;
    })
  /** What acceptors that have closed the stay of the register tell of it; or they are told how the next one begins (G3). */
  | (InFlight & Fetching)
  | (InFlight & { readonly phase: 'preparing'; readonly round: Preparing })
  | (InFlight & { readonly phase: 'accepting'; readonly round: Accepting; readonly state: RegisterState })
  | { readonly phase: 'waiting'; readonly batch: readonly Pending[]; readonly untilMs: number };

interface Fetching {
  readonly phase: 'fetching';
  readonly serial: number;
  readonly remains: Uint8Array | undefined;
  readonly votes: readonly Vote[];
}

interface InFlight {
  readonly batch: readonly Pending[];
  readonly startedAtMs: number;
  /** When the silent acceptors are asked again, and how often they were. */
  readonly resendAtMs: number;
  readonly resends: number;
  /** Those who were told that there is time (reserve.ts). */
  readonly reserve: readonly string[];
  /** When it was first seen that some have answered and others not. */
  readonly owedSinceMs: number | undefined;
  /** Since when all are asked to vote at once; undefined while some are not. */
  readonly allAskedMs: number | undefined;
}

export const IDLE: Work = { phase: 'idle' };

export function newInstance(key: string): Instance {
  return { key, work: IDLE, standing: undefined, final: undefined, failures: 0, bytes: 0 };
}

/** How a request ended. `unknown` may or may not be applied; the others without an outcome definitely are not (P2). */
export type Answer =
  | Outcome
  | { readonly kind: 'no_quorum' | 'storage_full' | 'unknown'; readonly why: string };

/** What an event makes the proposer do, in order. */
export interface Effects {
  /** To every acceptor. */
  readonly broadcast: Command[];
  /** To one acceptor that has been silent. */
  readonly direct: { readonly acceptor: string; readonly command: Command }[];
  readonly answers: { readonly token: number; readonly answer: Answer }[];
  /** The versions that rounds of this proposer made current, as hints for watchers. */
  readonly chosen: { readonly key: string; readonly version: number }[];
  /** Requests that were not applied and never will be here: the partition goes to another group, or has gone (G1). */
  readonly closed: { readonly key: string; readonly pending: Pending }[];
}

export interface StateCodec {
  encode(state: RegisterState): Uint8Array;
  decode(bytes: Uint8Array): RegisterState;
}

export interface Timing {
  /** The silent are asked again after this, then after twice as long and so on. */
  readonly resendMs: number;
  readonly resendMsMax: number;
  /** Who has owed a vote for so long after another one gave it is late. */
  readonly lateMs: number;
  /** How long to hope for the missing votes once a refusal or a split read makes their lack matter. */
  readonly settleMs: number;
  /** The back-off of the second conflict in a row; it doubles with each, up to the maximum. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

export const DEFAULT_TIMING: Timing = {
  resendMs: 200,
  resendMsMax: 1000,
  lateMs: 10,
  settleMs: 20,
  backoffMs: 2,
  backoffMsMax: 64,
};

/** What a step may use, and where its effects go. */
export interface Context {
  readonly configuration: Configuration;
  /** Members that need not vote at once on what is begun now. */
  readonly reserve: readonly string[];
  readonly ballots: BallotSource;
  readonly floors: Floors;
  readonly codec: StateCodec;
  readonly changes: ChangeTable;
  readonly valueBytesMax: number;
  readonly rememberedMax: number;
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  readonly nowMs: number;
  readonly effects: Effects;
}

/** Work that waits for acceptors. */
export type Asking = Exclude<Work, { phase: 'idle' | 'waiting' }>;

export function isAsking(work: Work): work is Asking {
  return work.phase !== 'idle' && work.phase !== 'waiting';
}

/** Whether the votes so far, with the silent ones missing for too long, call for another round. */
export function isStuck(work: Asking, context: Context): boolean {
  if (work.allAskedMs === undefined || context.nowMs < work.allAskedMs + context.timing.settleMs)
    return false;
  if (work.phase === 'fetching') return false;
  if (work.phase === 'reading') return isQuorum(context.configuration, acceptorsOf(work.votes));
  return work.round.refusals.length > 0;
}

export function resend(key: string, work: Asking, context: Context): void {
  const command = commandOf(key, work);
  const heard = heardFrom(work);
  for (const acceptor of context.configuration.acceptors) {
    if (!heard.includes(acceptor)) context.effects.direct.push({ acceptor, command });
  }
}

export function commandOf(key: string, work: Asking): Command {
  switch (work.phase) {
    case 'reading':
      return { kind: 'read', key, serial: work.serial };
    case 'fetching':
      return fetchCommand(key, work);
    case 'preparing':
      return { kind: 'prepare', key, ballot: work.round.ballot };
    case 'accepting':
      return acceptCommand(key, work.round);
  }
}

/** Who has voted, for or against. */
export function heardFrom(work: Asking): readonly string[] {
  switch (work.phase) {
    case 'reading':
    case 'fetching':
      return acceptorsOf(work.votes);
    case 'preparing':
      return [...acceptorsOf(work.round.promises), ...work.round.refusals];
    case 'accepting':
      return [...work.round.accepted, ...work.round.refusals];
  }
}

export function fetchCommand(key: string, { serial, remains }: Fetching): Command {
  return remains === undefined ? { kind: 'fetch', key, serial } : { kind: 'begin', key, serial, remains };
}

export function acceptCommand(key: string, { ballot, value, next }: Accepting): Command {
  return { kind: 'accept', key, ballot, value, next };
}

export function inFlight(batch: readonly Pending[], context: Context): InFlight {
  const { nowMs, reserve } = context;
  const resendAtMs = nowMs + resendDelayMs(0, context);
  const allAskedMs = reserve.length === 0 ? nowMs : undefined;
  return { batch, startedAtMs: nowMs, resendAtMs, resends: 0, reserve, owedSinceMs: undefined, allAskedMs };
}

export function resendDelayMs(resends: number, { timing }: Context): number {
  return Math.min(timing.resendMsMax, timing.resendMs * 2 ** Math.min(resends, 16));
}
