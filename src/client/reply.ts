// Replies as they come from the wire, checked: what a request came to, as a union.

import { isPlainObject } from '../protocol/value.ts';
import { decodeBody } from '../transport/body-codec.ts';
import { BadRequest, type ErrorCode, isErrorCode } from '../transport/service-errors.ts';
import { shown } from '../transport/shown.ts';
import type { Message } from '../transport/transport.ts';
import type { State } from './state.ts';

export type Reply =
  | { readonly kind: 'ok'; readonly state: State<unknown> }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly state: State<unknown>;
    }
  | { readonly kind: 'no_proposer' }
  | { readonly kind: 'malformed'; readonly why: string };

export function parseReply(message: Message): Reply {
  if (message.isNoResponders) return { kind: 'no_proposer' };
  try {
    return replyOf(decodeBody(message.bytes));
  } catch (error) {
    if (error instanceof BadRequest)
      return { kind: 'malformed', why: `the reply cannot be read: ${error.message}` };
    throw error;
  }
}

/** What a body says, as it came out of a message or was never in one. */
export function replyOf(body: Readonly<Record<string, unknown>>): Reply {
  if (body.ok === true) {
    return typeof body.set === 'boolean' && Number.isSafeInteger(body.version)
      ? { kind: 'ok', state: stateOf(body) }
      : { kind: 'malformed', why: 'the reply shows no state' };
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

function stateOf(body: Readonly<Record<string, unknown>>): State<unknown> {
  return {
    set: body.set === true,
    value: body.value,
    version: typeof body.version === 'number' ? body.version : 0,
  };
}
