// Replies as they come from the wire, checked: what a request came to, as a union.

import { isPlainObject } from '../protocol/value.ts';
import { decodeBody } from '../transport/body-codec.ts';
import { BadRequest, type ErrorCode, isErrorCode } from '../transport/service-errors.ts';
import { shown } from '../transport/shown.ts';
import type { Message } from '../transport/transport.ts';
import type { State } from './state.ts';

type Body = Readonly<Record<string, unknown>>;
export type ShownOf<Shown> = (body: Body) => Shown | undefined;

/** What came of a request for a register; or of another one, which shows something else. */
export type Reply<Shown = State<unknown>> =
  | { readonly kind: 'ok'; readonly state: Shown }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly state: State<unknown>;
    }
  | { readonly kind: 'no_proposer' }
  | { readonly kind: 'malformed'; readonly why: string };

/** @param shownOf what a good body shows; undefined when it does not */
export function parseReply(message: Message): Reply;
export function parseReply<Shown>(message: Message, shownOf: ShownOf<Shown>): Reply<Shown>;
export function parseReply(message: Message, shownOf: ShownOf<unknown> = shownState): Reply<unknown> {
  if (message.isNoResponders) return { kind: 'no_proposer' };
  try {
    return replyOf(decodeBody(message.bytes), shownOf);
  } catch (error) {
    if (error instanceof BadRequest)
      return { kind: 'malformed', why: `the reply cannot be read: ${error.message}` };
    throw error;
  }
}

/** What a body says, as it came out of a message or was never in one. */
export function replyOf(body: Body): Reply;
export function replyOf<Shown>(body: Body, shownOf: ShownOf<Shown>): Reply<Shown>;
export function replyOf(body: Body, shownOf: ShownOf<unknown> = shownState): Reply<unknown> {
  if (body.ok === true) {
    const state = shownOf(body);
    return state === undefined
      ? { kind: 'malformed', why: 'the reply does not show what was asked for' }
      : { kind: 'ok', state };
  }
  const error = isPlainObject(body.error) ? body.error : {};
  if (isErrorCode(error.code)) {
    return {
      kind: 'error',
      code: error.code,
      message: typeof error.message === 'string' ? error.message : shown(error.message),
      state: stateOf(body),
    };
  }
  return { kind: 'malformed', why: `the reply has the error code ${shown(error.code)}` };
}

function shownState(body: Body): State<unknown> | undefined {
  return typeof body.set === 'boolean' && Number.isSafeInteger(body.version) ? stateOf(body) : undefined;
}

function stateOf(body: Body): State<unknown> {
  return {
    set: body.set === true,
    value: body.value,
    version: typeof body.version === 'number' ? body.version : 0,
  };
}
