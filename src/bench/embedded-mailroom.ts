// A proposer in the thread of the load, asked with the same bytes as the service, so that every workload can do it.
// Reading those and writing a reply takes microseconds that a program with values in hand would not spend.

import type { Mailroom } from '../client/mailroom.ts';
import type { Reply } from '../client/reply.ts';
import type { Service } from '../client/service.ts';
import { decodeBody, encodeBody } from '../transport/body-codec.ts';
import { isOperationType } from '../transport/request-codec.ts';
import { ERROR_NUMBERS } from '../transport/service-errors.ts';
import { parseRequestSubject } from '../transport/subjects.ts';
import type { Message } from '../transport/transport.ts';

/** As long as the service works on a request that names no time. */
const WORK_MS = 2000;

export function embeddedMailroom(proposer: Service, prefix: string): Pick<Mailroom, 'request'> {
  return {
    request: (subject, bytes, waiter) => {
      const { kind, operation, key } = parseRequestSubject(prefix, subject);
      const type = `${kind}.${operation}`;
      if (!isOperationType(type)) throw new Error(`There is no operation ${type}`);
      const body = { timeoutMs: WORK_MS, ...decodeBody(bytes) };
      return proposer.ask({ type, key, body }, reply =>
        waiter(reply === undefined ? undefined : messageOf(subject, reply)),
      );
    },
  };
}

/** As the service would have sent it. */
function messageOf(subject: string, reply: Reply): Message {
  if (reply.kind !== 'ok' && reply.kind !== 'error') throw new Error(`A proposer answered ${reply.kind}`);
  const { set, value, version } = reply.state;
  const state = { set, value, version };
  const isError = reply.kind === 'error';
  const body = isError
    ? { ok: false, error: { code: reply.code, message: reply.message }, ...state }
    : { ok: true, ...state };
  return {
    subject,
    bytes: encodeBody('json', body),
    reply: '',
    isNoResponders: false,
    header: name =>
      isError && name === 'Nats-Service-Error-Code' ? String(ERROR_NUMBERS[reply.code]) : undefined,
  };
}
