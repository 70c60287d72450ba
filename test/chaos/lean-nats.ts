// Requests over NATS by a client that does next to nothing for each, so that on two cores a load is no heavier than what
// it loads. Speaks what is needed of the protocol (docs.nats.io, "Client Protocol"): CONNECT, SUB, PUB, MSG, HMSG, PING.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** 'ok', a code of the service, `no_proposer`, or `timeout`; the body belongs to an 'ok'. */
type Waiter = (outcome: string, body: string) => void;

interface Waiting {
  readonly untilMs: number;
  readonly waiter: Waiter;
}

const OPTIONS = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'lean' };
const LOOK_MS = 20;
const LINE_END = 10;
const CODE = '"code":"';

export class LeanNats {
  readonly #socket: Socket;
  readonly #inbox = `_INBOX.${randomBytes(8).toString('base64url')}`;
  /** In the order in which they were asked. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #patienceMs: number;
  readonly #look: NodeJS.Timeout;
  #lastNumber = 0;
  #unsent = '';
  #unread: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    this.#look = setInterval(() => this.#giveUp(), LOOK_MS);
    socket.on('data', chunk => this.#read(chunk));
    socket.write(`CONNECT ${JSON.stringify(OPTIONS)}\r\nSUB ${this.#inbox}.* 1\r\n`);
  }

  /** @param server `nats://HOST:PORT` @param patienceMs how long an answer is waited for */
  static async connect(server: string, patienceMs: number): Promise<LeanNats> {
    const { hostname, port } = new URL(server);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new LeanNats(socket, patienceMs);
  }

  /** Sent with all others of this turn of the event loop. @param body ASCII */
  request(subject: string, body: string, waiter: Waiter): void {
    this.#lastNumber += 1;
    this.#waiting.set(this.#lastNumber, { untilMs: performance.now() + this.#patienceMs, waiter });
    if (this.#unsent === '') setImmediate(() => this.#send());
    this.#unsent += `PUB ${subject} ${this.#inbox}.${this.#lastNumber} ${body.length}\r\n${body}\r\n`;
  }

  close(): void {
    clearInterval(this.#look);
    this.#socket.destroy();
  }

  #send(): void {
    this.#socket.write(this.#unsent, 'latin1');
    this.#unsent = '';
  }

  #giveUp(): void {
    const nowMs = performance.now();
    for (const [number, { untilMs, waiter }] of this.#waiting) {
      if (untilMs > nowMs) return;
      this.#waiting.delete(number);
      waiter('timeout', '');
    }
  }

  #read(chunk: Buffer): void {
    const bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_END, at);
      if (end < 0) break;
      const [verb, subject = '', ...rest] = bytes.toString('latin1', at, end - 1).split(' ');
      let next = end + 1;
      if (verb === 'MSG' || verb === 'HMSG') {
        const headed = verb === 'HMSG' ? Number(rest.at(-2)) : 0;
        const length = Number(rest.at(-1));
        next += length + 2;
        if (next > bytes.length) break;
        const bodyAt = end + 1 + headed;
        this.#answer(
          subject,
          bytes.toString('latin1', end + 1, bodyAt),
          bytes.toString('latin1', bodyAt, next - 2),
        );
      } else if (verb === 'PING') this.#socket.write('PONG\r\n');
      else if (verb === '-ERR') throw new Error(`The NATS server says: ${subject} ${rest.join(' ')}`);
      at = next;
    }
    this.#unread = bytes.subarray(at);
  }

  #answer(subject: string, headers: string, body: string): void {
    const number = Number(subject.slice(this.#inbox.length + 1));
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    waiting.waiter(headers === '' ? 'ok' : codeOf(headers, body), body);
  }
}

function codeOf(headers: string, body: string): string {
  if (headers.startsWith('NATS/1.0 503')) return 'no_proposer';
  const from = body.indexOf(CODE) + CODE.length;
  return body.slice(from, body.indexOf('"', from));
}
