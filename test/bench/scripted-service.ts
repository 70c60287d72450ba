// A service in memory that keeps versions by subject key and answers when and how a test says.

import { encodeBody } from '../../src/transport/body-codec.ts';
import { ERROR_NUMBERS, type ErrorCode } from '../../src/transport/service-errors.ts';
import { parseRequestSubject } from '../../src/transport/subjects.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';

export interface Asked {
  readonly operation: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the next requests meet; undefined for silence. */
type Behaviour = (asked: Asked) => 'serve' | ErrorCode | undefined;

export class ScriptedService {
  readonly asked: Asked[] = [];
  behave: Behaviour = () => 'serve';
  readonly #transport: Transport;
  readonly #versions = new Map<string, { version: number; value: unknown }>();
  readonly #held: (() => void)[] = [];
  #isStalled = false;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.subscribe('synod.>', message => this.#receive(message));
  }

  /** Holds all answers back until `resume`. */
  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  #receive(message: Message): void {
    const { kind, operation, key } = parseRequestSubject('synod', message.subject);
    const text = Buffer.from(message.bytes).toString();
    const asked = { operation: `${kind}.${operation}`, key, body: text === '' ? {} : JSON.parse(text) };
    this.asked.push(asked);
    const how = this.behave(asked);
    if (how === undefined) return;
    const answer = (): void => (how === 'serve' ? this.#serve(message, asked) : this.#refuse(message, how));
    if (this.#isStalled) this.#held.push(answer);
    else answer();
  }

  #serve(message: Message, { operation, key, body }: Asked): void {
    const slot = this.#versions.get(key) ?? { version: 0, value: null };
    if (operation === 'variable.cas' && body.version !== slot.version) {
      this.#refuse(message, 'conflict', slot);
      return;
    }
    if (!operation.endsWith('.read')) {
      slot.version += 1;
      slot.value = body.value ?? slot.value;
      this.#versions.set(key, slot);
    }
    const { version, value } = slot;
    const state = version > 0 ? { set: true, value, version } : { set: false, version };
    this.#transport.publish(message.reply, encodeBody('json', { ok: true, ...state }));
  }

  #refuse(message: Message, code: ErrorCode, slot: object = {}): void {
    const bytes = encodeBody('json', { ok: false, error: { code, message: 'No' }, ...slot });
    const headers = new Map([['Nats-Service-Error-Code', String(ERROR_NUMBERS[code])]]);
    this.#transport.publish(message.reply, bytes, { headers });
  }
}
