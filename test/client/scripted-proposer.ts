// A proposer that answers what a test wrote down, whatever it is asked, and keeps what it was asked.

import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

export interface Asked {
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A body, bytes that are none, or no answer. */
export type Answer = Readonly<Record<string, unknown>> | Uint8Array | 'silence';

export interface Scene {
  readonly broker: MemoryBroker;
  readonly client: Client;
  /** What was asked so far. */
  readonly asked: readonly Asked[];
}

/** @param script the answers in turn, the last one again and again; or what makes each of them. */
export function scene(script: readonly Answer[] | ((asked: Asked) => Answer)): Scene {
  const broker = new MemoryBroker();
  const client = clientAt(broker.transport());
  return { broker, client, asked: startProposer(broker, script) };
}

export function clientAt(transport: Transport): Client {
  return new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 10_000 });
}

export function startProposer(
  broker: MemoryBroker,
  script: readonly Answer[] | ((asked: Asked) => Answer),
): readonly Asked[] {
  const asked: Asked[] = [];
  const transport = broker.transport();
  transport.subscribe('synod.>', ({ subject, bytes, reply }) => {
    const request = { subject, body: decodeBody(bytes) };
    asked.push(request);
    const answer =
      typeof script === 'function' ? script(request) : script[Math.min(asked.length, script.length) - 1];
    if (answer === undefined || answer === 'silence') return;
    transport.publish(reply, answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer)));
  });
  return asked;
}

export const DONE = { ok: true, set: true, value: 'A', version: 3 };

export function failed(code: string, state: object = {}): Answer {
  return { ok: false, error: { code, message: `it is ${code}` }, ...state };
}

/** What a call was rejected with, of the class that it must be of. */
export async function rejection<Failure extends Error>(
  call: Promise<unknown>,
  type: abstract new (...args: never[]) => Failure,
): Promise<Failure> {
  const failure: unknown = await call.then(
    state => new Error(`Not rejected, but ${JSON.stringify(state)}`),
    error => error,
  );
  if (failure instanceof type) return failure;
  throw failure;
}
