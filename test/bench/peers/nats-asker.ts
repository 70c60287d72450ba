// A connection to NATS for a load: the client's own table of replies, as `synod bench` has it.

import { randomBytes } from 'node:crypto';
import { steadyClock } from '../../../src/bench/bench-clock.ts';
import { type Ask, Requests } from '../../../src/bench/requests.ts';
import { Mailroom } from '../../../src/client/mailroom.ts';
import { connectNats, type NatsTransport } from '../../../src/transport/nats-transport.ts';
import type { Message } from '../../../src/transport/transport.ts';

const CONNECT_TIMEOUT_MS = 5000;
const TIMEOUT_MS = 5000;

export class NatsAsker {
  readonly transport: NatsTransport;
  readonly requests: Requests;

  constructor(transport: NatsTransport) {
    this.transport = transport;
    const mailroom = new Mailroom(transport, `_INBOX.${randomBytes(8).toString('hex')}`);
    this.requests = new Requests(mailroom, steadyClock(), TIMEOUT_MS);
  }

  /** @throws TransportError */
  static async connect(url: string): Promise<NatsAsker> {
    const options = { servers: [url], name: 'synod-bench', connectTimeoutMs: CONNECT_TIMEOUT_MS };
    return new NatsAsker(await connectNats(options));
  }

  ask(one: Ask): Promise<Message | undefined> {
    return new Promise(resolve => this.requests.send(one, resolve));
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}
