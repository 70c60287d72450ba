// Replies to clients: the body, and the two headers that NATS services mark errors with.

import type { OperationType } from '../protocol/operation.ts';
import type { RefusalCode, View } from '../protocol/state.ts';
import type { Answer } from '../protocol/work.ts';
import { encodeBody, type Format } from './body-codec.ts';
import type { Showing } from './recipe-replies.ts';
import { type BadRequest, ERROR_NUMBERS, type ErrorCode } from './service-errors.ts';

export interface EncodedReply {
  readonly bytes: Uint8Array;
  /** Present for errors alone. */
  readonly headers?: ReadonlyMap<string, string>;
}

/** What was asked, as far as the reply depends on it. */
export interface Asked {
  readonly type: OperationType;
  readonly key: string;
  /** Of a recipe: how its reply speaks. */
  readonly showing?: Showing | undefined;
  readonly format: Format;
}

/** How a request ended, an answer of the register or of the proposer itself. */
export type ServiceAnswer = Answer | { readonly kind: 'overloaded'; readonly why: string };

type ErrorBody = Readonly<Record<string, unknown>> & {
  readonly ok: false;
  readonly error: { readonly code: ErrorCode; readonly message: string };
};
export type ReplyBody = ErrorBody | (Readonly<Record<string, unknown>> & { readonly ok: true });

export function encodeReply(asked: Asked, answer: ServiceAnswer): EncodedReply {
  return encodeReplyBody(asked.format, replyBody(asked, answer));
}

export function encodeReplyBody(format: Format, body: ReplyBody): EncodedReply {
  return body.ok ? { bytes: encodeBody(format, body) } : encodeError(format, body);
}

/** The reply before it is bytes. */
export function replyBody(asked: Omit<Asked, 'format'>, answer: ServiceAnswer): ReplyBody {
  switch (answer.kind) {
    case 'done': {
      const view = doneFields(asked, answer.view);
      if (view === undefined) {
        const why = 'the value is another thing';
        return errorBody('rejected', sentence(asked, 'rejected', why), viewFields(answer.view));
      }
      return answer.duplicate ? { ok: true, ...view, duplicate: true } : { ok: true, ...view };
    }
    case 'refused': {
      const { view, why, duplicate } = answer;
      const isTaken = answer.code === 'rejected' && asked.showing?.isTaken?.(view) === true;
      // Waiting helps against this one, as against no other rejection.
      const code = isTaken ? 'conflict' : answer.code;
      return errorBody(code, sentence(asked, code, why), {
        ...((code === 'wrong_kind' ? undefined : asked.showing?.state(view)) ?? viewFields(view)),
        ...(duplicate ? { duplicate: true } : {}),
      });
    }
    case 'no_quorum':
    case 'storage_full':
    case 'overloaded':
    case 'unknown':
      return errorBody(answer.kind, sentence(asked, answer.kind, answer.why));
  }
}

export function encodeBadRequest(format: Format, error: BadRequest): EncodedReply {
  return encodeError(format, errorBody(error.code, error.message));
}

/**
 * In place of a reply that the NATS server does not take. JSON may be six times as long as the MessagePack that
 * the limit of a value counts. Says nothing definite: whoever asked was to learn how the request ended.
 */
export function encodeUndeliverable(format: Format, why: string): EncodedReply {
  const advice = format === 'json' ? '; ask in msgpack, which is shorter' : '';
  return encodeError(format, errorBody('unknown', `Cannot show how the request ended: ${why}${advice}`));
}

export function errorBody(
  code: ErrorCode,
  message: string,
  state: Readonly<Record<string, unknown>> = {},
): ErrorBody {
  return { ok: false, error: { code, message }, ...state };
}

function encodeError(format: Format, body: ErrorBody): EncodedReply {
  const { code, message } = body.error;
  const headers = new Map([
    ['Nats-Service-Error-Code', String(ERROR_NUMBERS[code])],
    ['Nats-Service-Error', message.replace(/\p{Cc}/gu, ' ')],
  ]);
  return { bytes: encodeBody(format, body), headers };
}

/** Undefined when the value is none that the recipe is about. */
function doneFields(
  { showing }: Omit<Asked, 'format'>,
  view: View,
): Readonly<Record<string, unknown>> | undefined {
  if (showing === undefined) return viewFields(view);
  const state = showing.state(view);
  return state && { ...state, ...showing.got?.(view) };
}

function viewFields({ set, value, version }: View): Readonly<Record<string, unknown>> {
  return value === undefined ? { set, version } : { set, value, version };
}

const VERBS: Readonly<Record<OperationType, string>> = {
  'switch.set': 'set',
  'switch.read': 'read',
  'register.write': 'write',
  'register.read': 'read',
  'variable.read': 'read',
  'variable.write': 'write',
  'variable.create': 'create',
  'variable.cas': 'compare and set',
  'variable.delete': 'delete',
  'variable.change': 'change',
};

function sentence(
  { type, key, showing }: Omit<Asked, 'format'>,
  code: RefusalCode | 'no_quorum' | 'storage_full' | 'overloaded' | 'unknown',
  why: string,
): string {
  const verb = showing?.verb ?? VERBS[type];
  if (code !== 'unknown') return `Cannot ${verb} '${key}': ${why}`;
  const advice = 'read it, or retry with the same id';
  return `Cannot tell whether the attempt to ${verb} '${key}' was applied: ${why}; ${advice}`;
}
