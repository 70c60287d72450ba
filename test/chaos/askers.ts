// Two kinds of clients over a connection each: the TypeScript client, which repeats a request by its id, and a plain
// one, which asks once and gives up after a while, as any program with a NATS library would.

import { randomBytes } from 'node:crypto';
import { Client } from '../../src/client/client.ts';
import { RefusedError, SynodError, UnknownOutcomeError } from '../../src/client/errors.ts';
import { Mailroom } from '../../src/client/mailroom.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { parseReply, type Reply } from '../../src/client/reply.ts';
import type { Shown, SynodCall } from '../../src/history/history.ts';
import { encodeBody } from '../../src/transport/body-codec.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { requestSubject } from '../../src/transport/subjects.ts';
import type { Ended } from './recorder.ts';

export interface Asker {
  ask(key: string, call: SynodCall): Promise<Ended>;
  close(): Promise<void>;
}

const PREFIX = 'synod';
const CLIENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

export async function typescriptAsker(servers: readonly string[]): Promise<Asker> {
  const transport = await connectNats({ servers, name: 'chaos', connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const client = new Client(new NatsService(transport, { prefix: PREFIX }), { timeoutMs: CLIENT_TIMEOUT_MS });
  return {
    ask: async (key, call) => {
      try {
        const shown = await performed(client, key, call);
        // Only the answer to a retry leaves a value out.
        const duplicate = shown.set && shown.value === undefined && call.operation.startsWith('variable.');
        return { kind: 'ok', shown, duplicate };
      } catch (error) {
        return failureOf(error);
      }
    },
    close: () => client.close(),
  };
}

async function performed(client: Client, key: string, call: SynodCall): Promise<Shown> {
  const variable = client.variable(key);
  switch (call.operation) {
    case 'switch.set':
      await client.switch(key).set();
      return { set: true, version: 1 };
    case 'switch.read': {
      const set = await client.switch(key).read();
      return { set, version: set ? 1 : 0 };
    }
    case 'register.write':
      await client.register(key).write(call.value);
      return { set: true, version: 1, value: call.value };
    case 'register.read':
      return client.register(key).read();
    case 'variable.read':
      return variable.read();
    case 'variable.write':
      return variable.write(call.value);
    case 'variable.create':
      return variable.create(call.value);
    case 'variable.cas':
      return variable.cas(
        call.value,
        call.version === undefined ? { expect: call.expect ?? null } : { version: call.version },
      );
    case 'variable.delete':
      return variable.delete(call.version === undefined ? {} : { version: call.version });
    case 'variable.change':
      return variable.change(call.change, call.args);
  }
}

/** A refusal may be the answer to a retry, which shows a later state than the one that refused. */
function failureOf(error: unknown): Ended {
  if (error instanceof UnknownOutcomeError) return { kind: 'info', code: 'unknown' };
  if (error instanceof RefusedError)
    return { kind: 'fail', code: error.code, shown: error.state as Shown, duplicate: true };
  if (error instanceof SynodError)
    return { kind: 'fail', code: error.code, shown: undefined, duplicate: false };
  throw error;
}

export async function plainAsker(servers: readonly string[], patienceMs: number): Promise<Asker> {
  const transport = await connectNats({ servers, name: 'chaos-plain', connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const mailroom = new Mailroom(transport, `_INBOX.${randomBytes(8).toString('base64url')}`);
  const ask = (key: string, { operation, ...body }: SynodCall): Promise<Ended> =>
    new Promise(resolve => {
      const forget = mailroom.request(
        requestSubject(PREFIX, operation, key),
        encodeBody('json', body),
        message => {
          clearTimeout(timer);
          resolve(message === undefined ? { kind: 'info', code: 'closed' } : endedOf(parseReply(message)));
        },
      );
      const timer = setTimeout(() => {
        forget();
        resolve({ kind: 'info', code: 'timeout' });
      }, patienceMs);
    });
  return {
    ask,
    close: async () => {
      mailroom.close();
      await transport.close();
    },
  };
}

function endedOf(reply: Reply): Ended {
  switch (reply.kind) {
    case 'ok':
      return { kind: 'ok', shown: reply.state as Shown, duplicate: false };
    case 'no_proposer':
      return { kind: 'fail', code: 'no_proposer', shown: undefined, duplicate: false };
    case 'malformed':
      return { kind: 'info', code: 'bad_reply' };
    case 'error': {
      if (reply.code === 'unknown') return { kind: 'info', code: 'unknown' };
      const isShown = ['conflict', 'already_written', 'wrong_kind', 'rejected'].includes(reply.code);
      const shown = isShown ? (reply.state as Shown) : undefined;
      return { kind: 'fail', code: reply.code, shown, duplicate: false };
    }
  }
}
