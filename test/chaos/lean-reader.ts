// Reads what a nats-server says to lean-nats.ts, without a string for each message: of the answers nearly all are the same
// bytes when most is to be read.

interface LeanListener {
  onAnswer(number: number, outcome: string, body: Buffer, nowMs: number): void;
  onPing(): void;
  /** @param says what the server found wrong */
  onError(says: string): void;
}

const [H, M, P, MINUS] = Buffer.from('HMP-');
const SPACE = 32;
const LINE_END = 10;
const ZERO = 48;
const NINE = 57;
const PING = 'PING';
const CODE = '"code":"';
const EMPTY = Buffer.alloc(0);

export class LeanReader {
  readonly #listener: LeanListener;
  /** Of the inbox and its dot, in a subject. */
  readonly #inboxLength: number;
  #unread: Buffer = EMPTY;
  /** Headers and body of the last answer that was no 'ok', and what it says. */
  #lastRefusal: Buffer = EMPTY;
  #lastOutcome = '';

  constructor(inbox: string, listener: LeanListener) {
    this.#inboxLength = inbox.length + 1;
    this.#listener = listener;
  }

  read(chunk: Buffer): void {
    const bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    const nowMs = performance.now();
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_END, at);
      if (end < 0) break;
      const first = bytes[at];
      if (first === H || first === M) {
        const next = this.#message(bytes, { at, end, isHeaded: first === H, nowMs });
        if (next < 0) break;
        at = next;
        continue;
      }
      if (first === P && bytes.toString('latin1', at, at + PING.length) === PING) this.#listener.onPing();
      else if (first === MINUS) this.#listener.onError(bytes.toString('latin1', at, end).trim());
      at = end + 1;
    }
    // A copy: the chunk is not ours.
    this.#unread = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
  }

  /** `MSG <inbox>.<number> <sid> <bytes>` or `HMSG <inbox>.<number> <sid> <bytes of headers> <bytes>`. @returns where it ends; below 0 when not all of it is here */
  #message(
    bytes: Buffer,
    { at, end, isHeaded, nowMs }: { at: number; end: number; isHeaded: boolean; nowMs: number },
  ): number {
    let i = at + (isHeaded ? 'HMSG ' : 'MSG ').length + this.#inboxLength;
    const number = numberAt(bytes, i);
    i = bytes.indexOf(SPACE, i) + 1;
    i = bytes.indexOf(SPACE, i) + 1;
    let headed = 0;
    if (isHeaded) {
      headed = numberAt(bytes, i);
      i = bytes.indexOf(SPACE, i) + 1;
    }
    const from = end + 1;
    const to = from + numberAt(bytes, i);
    if (to + 2 > bytes.length) return -1;
    if (isHeaded)
      this.#listener.onAnswer(number, this.#outcomeOf(bytes, from, from + headed, to), EMPTY, nowMs);
    else this.#listener.onAnswer(number, 'ok', bytes.subarray(from, to), nowMs);
    return to + 2;
  }

  #outcomeOf(bytes: Buffer, from: number, bodyAt: number, to: number): string {
    const last = this.#lastRefusal;
    if (to - from === last.length && bytes.compare(last, 0, last.length, from, to) === 0)
      return this.#lastOutcome;
    this.#lastRefusal = Buffer.from(bytes.subarray(from, to));
    const headers = bytes.toString('latin1', from, bodyAt);
    this.#lastOutcome = headers.startsWith('NATS/1.0 503')
      ? 'no_proposer'
      : codeIn(bytes.toString('latin1', bodyAt, to));
    return this.#lastOutcome;
  }
}

function numberAt(bytes: Buffer, at: number): number {
  let number = 0;
  for (let i = at; ; i++) {
    const digit = bytes[i];
    if (digit === undefined || digit < ZERO || digit > NINE) return number;
    number = 10 * number + digit - ZERO;
  }
}

function codeIn(body: string): string {
  const from = body.indexOf(CODE) + CODE.length;
  return body.slice(from, body.indexOf('"', from));
}
