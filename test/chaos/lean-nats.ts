// Requests over NATS by a client that does next to nothing for each, so that on two cores a load is no heavier than what
// it loads. Speaks what is needed of the protocol (docs.nats.io, "Client Protocol"): CONNECT, SUB, PUB, MSG, HMSG, PING.
// A connection that is lost is made again, as every client does.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LeanReader } from './lean-reader.ts';

/** Who asks, of any number of requests. */
export interface Asker {
  /**
   * @param request its number, as it was given
   * @param outcome 'ok', a code of the service, `no_proposer`, `timeout`, or `connection lost`
   * @param body of an 'ok', to be read at once; empty for all others
   */
  onEnd(request: number, outcome: string, body: Buffer, nowMs: number): void;
}

const OPTIONS = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'lean' };
const LOOK_MS = 20;
const REDIAL_MS = 50;
/** So many are waited for at once: enough for five seconds of 200,000 a second. */
const WAITING_MAX = 2 ** 20;
const READ_BYTES = 2 ** 18;
const NO_BODY = Buffer.alloc(0);

export class LeanNats {
  readonly #url: URL;
  readonly #inbox = `_INBOX.${randomBytes(8).toString('base64url')}`;
  readonly #patienceMs: number;
  readonly #look: NodeJS.Timeout;
  /** Who asked since all was answered last. */
  #askers: Asker[] = [];
  /** By the number of the request here, modulo WAITING_MAX: 1 + the place of who asked it, 0 of what has ended. Numbers, as the garbage collector looks at all pointers again and again. */
  readonly #askedBy = new Uint32Array(WAITING_MAX);
  readonly #requests = new Float64Array(WAITING_MAX);
  readonly #untilMs = new Float64Array(WAITING_MAX);
  readonly #losses: string[] = [];
  #socket: Socket | undefined;
  #isClosed = false;
  /** All before it have ended. */
  #oldest = 0;
  #next = 0;
  #unsent = '';

  private constructor(url: URL, patienceMs: number) {
    this.#url = url;
    this.#patienceMs = patienceMs;
    this.#look = setInterval(() => this.#endUntil(performance.now(), 'timeout'), LOOK_MS);
  }

  /** @param server `nats://HOST:PORT` @param patienceMs how long an answer is waited for */
  static async connect(server: string, patienceMs: number): Promise<LeanNats> {
    const nats = new LeanNats(new URL(server), patienceMs);
    await once(nats.#open(), 'connect');
    return nats;
  }

  /** Why connections were lost, in words. */
  get losses(): readonly string[] {
    return this.#losses;
  }

  /** Sent with all others of this turn of the event loop. @param body ASCII */
  request(subject: string, body: string, asker: Asker, request: number, nowMs: number): void {
    const place = this.#next % WAITING_MAX;
    if (this.#next - this.#oldest >= WAITING_MAX) throw new Error(`More than ${WAITING_MAX} requests wait`);
    if (this.#oldest === this.#next) this.#askers = [];
    if (this.#askers.at(-1) !== asker) this.#askers.push(asker);
    this.#askedBy[place] = this.#askers.length;
    this.#requests[place] = request;
    this.#untilMs[place] = nowMs + this.#patienceMs;
    if (this.#unsent === '') setImmediate(() => this.#send());
    this.#unsent += `PUB ${subject} ${this.#inbox}.${this.#next} ${body.length}\r\n${body}\r\n`;
    this.#next += 1;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#look);
    this.#socket?.destroy();
  }

  #open(): Socket {
    const { hostname, port } = this.#url;
    const reader = new LeanReader(this.#inbox, {
      onAnswer: (number, outcome, body, nowMs) => this.#end(number, outcome, body, nowMs),
      onPing: () => void socket.write('PONG\r\n'),
      onError: says => {
        why = says;
      },
    });
    let why = '';
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      // The same memory for all that is read.
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (length, buffer) => {
          reader.read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    socket.on('error', error => {
      why ||= error.message;
    });
    socket.on('close', () => this.#lose(why));
    socket.write(`CONNECT ${JSON.stringify(OPTIONS)}\r\nSUB ${this.#inbox}.* 1\r\n`);
    this.#socket = socket;
    return socket;
  }

  #lose(why: string): void {
    if (this.#isClosed) return;
    this.#losses.push(why === '' ? 'the nats-server closed it' : why);
    this.#socket = undefined;
    this.#endUntil(Number.POSITIVE_INFINITY, 'connection lost');
    setTimeout(() => {
      if (!this.#isClosed) this.#open();
    }, REDIAL_MS);
  }

  #send(): void {
    // Bytes: strings that wait for the server would be moved about by the garbage collector.
    const unsent = Buffer.from(this.#unsent, 'latin1');
    this.#unsent = '';
    if (this.#socket !== undefined) this.#socket.write(unsent);
    else this.#endUntil(Number.POSITIVE_INFINITY, 'connection lost');
  }

  /** Ends those whose time is over. */
  #endUntil(nowMs: number, outcome: string): void {
    while (this.#oldest < this.#next) {
      const place = this.#oldest % WAITING_MAX;
      if (this.#askedBy[place] !== 0) {
        if ((this.#untilMs[place] ?? 0) > nowMs) return;
        this.#end(this.#oldest, outcome, NO_BODY, performance.now());
      }
      this.#oldest += 1;
    }
  }

  #end(number: number, outcome: string, body: Buffer, nowMs: number): void {
    // It was given up before.
    if (number < this.#oldest || number >= this.#next) return;
    const place = number % WAITING_MAX;
    const asker = this.#askers[(this.#askedBy[place] ?? 0) - 1];
    if (asker === undefined) return;
    this.#askedBy[place] = 0;
    asker.onEnd(this.#requests[place] ?? 0, outcome, body, nowMs);
  }
}
