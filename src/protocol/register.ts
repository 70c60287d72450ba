// What a request does to the state of one register, and what is remembered of it there. Pure functions from state to state,
// as CASPaxos replicates them: the same state object back means that nothing changed. What an operation asks for is deciding.ts.

import { type Becoming, type Circumstances, decide } from './deciding.ts';
import {
  type ClientRequest,
  isClients,
  isRead,
  OPERATION_KINDS,
  type Operation,
  type Request,
} from './operation.ts';
import { isAhead, withPass } from './passes.ts';
import { applyWhole } from './restoring.ts';
import { isForgotten, withForgotten } from './sessions.ts';
import {
  type Ended,
  type Kind,
  type RefusalCode,
  type RegisterState,
  type Remembered,
  type View,
  viewOf,
} from './state.ts';
import { checkValue, type Value } from './value.ts';

/** A retry is recognised while its id is among the last so many of the register's... */
export const REMEMBERED_MAX = 128;
/** ...and came no longer ago than this, by the clocks of the proposers that apply requests. */
export const REMEMBERED_SECONDS = 300;
/** A change's result of more bytes is not remembered: a retry then gets the version without the value. */
export const REMEMBERED_RESULT_BYTES_MAX = 64;

export type Outcome =
  | {
      readonly kind: 'done';
      readonly view: View;
      readonly duplicate: boolean;
      /** Where the whole state was asked for. */
      readonly whole?: RegisterState;
    }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly why: string;
      readonly view: View;
      /** An earlier attempt was refused so; the view is a later one, in which it might not have been. */
      readonly duplicate?: true;
    }
  /** Perhaps applied before, perhaps by another proposer, which then tells so; not applied now (R3, R4). */
  | { readonly kind: 'unknown'; readonly why: string; readonly isOvertaken: true };

export interface Applied {
  readonly state: RegisterState;
  readonly outcome: Outcome;
}

/** What applying needs beside the state and the request. */
export interface ApplyContext extends Circumstances {
  /** So many ids of a register are remembered: REMEMBERED_MAX, but for tests. */
  readonly rememberedMax: number;
}

/** Applies one request to a state. A read leaves the state as it is. */
export function apply(state: RegisterState, request: Request, context: ApplyContext): Applied {
  if (!isClients(request)) return applyWhole(state, request.operation);
  const { operation, pass } = request;
  if (isRead(operation)) return applyOnce(state, operation, context);
  if (pass === undefined) return applyNew(state, request, context);
  if (!isAhead(state.passes, pass)) return { state, outcome: recognised(state, request) ?? OVERTAKEN };
  const applied = applyNew(state, request, context);
  // R3: whatever is answered now, the other proposer that has this request must not apply it later.
  if (isPermanent(applied)) return applied;
  return { ...applied, state: { ...applied.state, passes: withPass(applied.state.passes, pass) } };
}

const OVERTAKEN: Outcome = {
  kind: 'unknown',
  isOvertaken: true,
  why: 'two proposers had it in hand, and the other one, or a later request, came first',
};

/** R4: it was applied or refused before, and what came of it is not known any more. No retry changes that. */
export const FORGOTTEN = {
  kind: 'unknown',
  isOvertaken: true,
  why: 'the register remembers its id no longer, so it was not applied again',
} as const;

/** A recognised retry leaves the state as it is (R1). */
function applyNew(state: RegisterState, request: ClientRequest, context: ApplyContext): Applied {
  const { operation, id } = request;
  if (id === undefined) return applyOnce(state, operation, context);
  const earlier = recognised(state, request);
  if (earlier !== undefined) return { state, outcome: earlier };
  if (isForgotten(state.forgotten, id)) return { state, outcome: FORGOTTEN };
  const applied = applyOnce(state, operation, context);
  if (isPermanent(applied)) return applied;
  const entry = { id, atSeconds: Math.floor(context.nowSeconds), ended: endedAs(applied, operation) };
  return { state: remember(applied.state, entry, context.rememberedMax), outcome: applied.outcome };
}

function recognised(state: RegisterState, { operation, id }: ClientRequest): Outcome | undefined {
  const earlier = id === undefined ? undefined : state.remembered.find(entry => entry.id === id);
  return earlier === undefined ? undefined : firstOutcome(state, operation, earlier);
}

function applyOnce(state: RegisterState, operation: Operation, context: ApplyContext): Applied {
  const kind = OPERATION_KINDS[operation.type];
  if (state.kind !== undefined && state.kind !== kind) {
    return refuse(state, 'wrong_kind', `it is a ${state.kind}, not a ${kind}`);
  }
  const decision = decide(state, operation, context);
  switch (decision.kind) {
    case 'keep':
      return { state, outcome: { kind: 'done', view: viewOf(state), duplicate: false } };
    case 'refuse':
      return refuse(state, decision.code, decision.why);
    case 'become': {
      const next = become(state, kind, decision);
      return { state: next, outcome: { kind: 'done', view: viewOf(next), duplicate: false } };
    }
  }
}

function become(state: RegisterState, kind: Kind, { set, value, untilMs }: Becoming): RegisterState {
  return { ...state, kind, version: state.version + 1, set, value, untilMs };
}

function refuse(state: RegisterState, code: RefusalCode, why: string): Applied {
  return { state, outcome: { kind: 'refused', code, why, view: viewOf(state) } };
}

/**
 * A refusal that no later state takes back: a retry is refused alike, without being remembered. That a register is a variable
 * ends when it is collected (D3).
 */
function isPermanent({ state: { kind }, outcome }: Applied): boolean {
  if (outcome.kind !== 'refused' || kind === 'variable') return false;
  return outcome.code === 'already_written' || outcome.code === 'wrong_kind';
}

/**
 * R1: the ids of the last requests travel with the state, so that every proposer recognises a retry. Refusals
 * too: the client of a refused retry is told that nothing was applied, and an earlier attempt of it that
 * still lingers somewhere must not prove that wrong. R4: a numbered id leaves a mark when it is dropped.
 */
function remember(state: RegisterState, entry: Remembered, rememberedMax: number): RegisterState {
  const isOld = (earlier: Remembered): boolean => entry.atSeconds - earlier.atSeconds >= REMEMBERED_SECONDS;
  const young = state.remembered.filter(earlier => !isOld(earlier));
  const surplus = Math.max(0, young.length + 1 - rememberedMax);
  const old = young.length < state.remembered.length ? state.remembered.filter(isOld) : [];
  const gone = [...old, ...young.slice(0, surplus)];
  const forgotten = gone.reduce((marks, { id }) => withForgotten(marks, id), state.forgotten);
  return { ...state, remembered: [...young.slice(surplus), entry], forgotten };
}

function endedAs({ state, outcome }: Applied, operation: Operation): Ended {
  if (outcome.kind === 'refused') return { kind: 'refused', code: outcome.code };
  return { kind: 'done', version: state.version, result: smallResult(operation, state.value) };
}

function smallResult(operation: Operation, value: Value | undefined): Value | undefined {
  if (operation.type !== 'variable.change') return undefined;
  const check = checkValue(value);
  return check.kind === 'value' && check.bytes <= REMEMBERED_RESULT_BYTES_MAX ? value : undefined;
}

/** The answer that the first attempt of a remembered request had, or would have had. */
function firstOutcome(state: RegisterState, operation: Operation, { ended }: Remembered): Outcome {
  if (ended.kind === 'refused') {
    const why = 'an earlier attempt with the same id was refused';
    return { kind: 'refused', code: ended.code, why, view: viewOf(state), duplicate: true };
  }
  const set = operation.type !== 'variable.delete';
  const view = { set, value: writtenBy(operation, ended.result), version: set ? ended.version : 0 };
  return { kind: 'done', view, duplicate: true };
}

function writtenBy(operation: Operation, result: Value | undefined): Value | undefined {
  switch (operation.type) {
    case 'register.write':
    case 'variable.write':
    case 'variable.create':
    case 'variable.cas':
      return operation.value;
    case 'variable.change':
      return result;
    case 'variable.delete':
    case 'switch.set':
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return undefined;
  }
}
