// The one loop that does I/O for an actor: take the mailbox, load what the step needs, step, make the turn
// durable, and only then send (A3). What shows nothing but what is durable already does not wait for that. While a commit is under way the mailbox fills, so that the next turn
// commits more at once. A disk without space takes a turn back; whatever else fails here ends the actor: a disk
// that failed once is not trusted again (S4).

import type { Prints } from '../protocol/filter.ts';
import { type Store, StoreError } from '../storage/store.ts';
import { type Actor, type Loaded, type Needs, NOTHING_LOADED, type Turn } from './actor.ts';
import type { Clock } from './clock.ts';
import { TurnTally } from './turn-tally.ts';

interface RuntimeOptions<Input, Output> {
  /** Where the actor's turns are made durable; an actor that persists nothing needs none. */
  readonly store: Pick<Store, 'load' | 'printsOf' | 'commit'> | undefined;
  readonly clock: Clock;
  /** How much of a turn an input takes. */
  readonly weigh: (input: Input) => number;
  /** Whether it may wait until a turn is full, something else comes, or `patienceMs` have passed; nothing may by default. */
  readonly isPatient?: (input: Input) => boolean;
  readonly patienceMs?: number;
  readonly turnWeightMax: number;
  /** Inputs past this weight are dropped, as the network may drop any message. */
  readonly mailboxWeightMax: number;
  readonly send: (outputs: readonly Output[]) => void;
  /** Called for every turn that there was no space for. */
  readonly onFull?: () => void;
  /** Called once, when a step or the store failed; the runtime has stopped then. */
  readonly onFailure: (error: unknown) => void;
}

/** A filter over more keys than that would be a large message. */
const PARTITION_KEYS_MAX = 20_000;

export class Runtime<Input, Output> {
  readonly tally = new TurnTally();
  readonly #actor: Actor<Input, Output>;
  readonly #options: RuntimeOptions<Input, Output>;
  #mailbox: Input[] = [];
  #mailboxWeight = 0;
  #state: 'waiting' | 'scheduled' | 'stepping' | 'stopped' = 'waiting';
  #wakeAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isEarlyScheduled = false;
  /** Something in the mailbox is not patient, or has been for long enough. */
  #isDue = false;
  /** Something patient has waited for long enough: whatever is answered early, a turn comes. */
  #isOverdue = false;
  #patienceTimer: NodeJS.Timeout | undefined;
  #dropped = 0;

  constructor(actor: Actor<Input, Output>, options: RuntimeOptions<Input, Output>) {
    this.#actor = actor;
    this.#options = options;
  }

  /** Inputs that were dropped because the mailbox was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What waits for a turn, in the weight of inputs. */
  get waiting(): number {
    return this.#mailboxWeight;
  }

  deliver(input: Input): void {
    if (this.#state === 'stopped') return;
    const weight = this.#options.weigh(input);
    if (this.#mailboxWeight + weight > this.#options.mailboxWeightMax) {
      this.#dropped += 1;
      return;
    }
    this.#mailbox.push(input);
    this.#mailboxWeight += weight;
    if (this.#waitsWith(input)) return;
    this.#isDue = true;
    if (this.#state === 'stepping') this.#scheduleEarly();
    else this.#schedule();
  }

  /** A mailbox of patient inputs that do not fill a turn yet. */
  #waitsWith(input: Input): boolean {
    const { isPatient, turnWeightMax } = this.#options;
    if (this.#isDue || isPatient?.(input) !== true || this.#mailboxWeight >= turnWeightMax) return false;
    this.#startPatience();
    return true;
  }

  #startPatience(): void {
    this.#patienceTimer ??= setTimeout(() => this.#losePatience(), this.#options.patienceMs);
  }

  #losePatience(): void {
    this.#patienceTimer = undefined;
    if (this.#mailbox.length === 0) return;
    this.#isDue = true;
    this.#isOverdue = true;
    this.#schedule();
  }

  /** Makes a turn also without an input. */
  wake(): void {
    this.#schedule();
  }

  /** Stops before the next turn; a turn under way ends as it would, but sends nothing more. */
  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    clearTimeout(this.#patienceTimer);
  }

  #schedule(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'scheduled';
    // After the messages that are being read from the socket now, so that they share a turn.
    setImmediate(() => this.#turns());
  }

  /** Looks at what arrives while a turn is loaded or made durable. */
  #scheduleEarly(): void {
    if (this.#isEarlyScheduled || this.#actor.early === undefined) return;
    this.#isEarlyScheduled = true;
    setImmediate(() => {
      this.#isEarlyScheduled = false;
      if (this.#state !== 'stepping') return;
      this.#early();
    });
  }

  /** Answers what can be at once; what is left may have time. */
  #early(): void {
    const early = this.#actor.early?.(this.#mailbox);
    if (early === undefined || early.rest === this.#mailbox) return;
    if (early.send.length > 0) this.#options.send(early.send);
    const { weigh, isPatient, turnWeightMax } = this.#options;
    this.#mailbox = [...early.rest];
    this.#mailboxWeight = this.#mailbox.reduce((sum, input) => sum + weigh(input), 0);
    const isUrgent = this.#mailbox.some(input => isPatient?.(input) !== true);
    this.#isDue = isUrgent || this.#isOverdue || this.#mailboxWeight >= turnWeightMax;
    if (!this.#isDue && this.#mailbox.length > 0) this.#startPatience();
  }

  #turns(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stepping';
    this.#turn().then(
      () => this.#rest(),
      (error: unknown) => {
        this.stop();
        this.#options.onFailure(error);
      },
    );
  }

  #rest(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'waiting';
    if (this.#isDue) this.#schedule();
    else this.#setTimer();
  }

  async #turn(): Promise<void> {
    const { store, clock } = this.#options;
    this.#early();
    const inputs = this.#isDue ? this.#take() : [];
    const loaded = await this.#load(this.#actor.needs(inputs));
    const turn = this.#actor.step(inputs, loaded, clock.nowMs());
    this.tally.inputs.count(inputs.length);
    this.#wakeAtMs = turn.wakeAtMs;
    const isDurable = store === undefined || turn.persist.size === 0 || (await this.#commit(store, turn));
    if (this.#state === 'stopped') return;
    if (isDurable) this.#actor.settled?.();
    this.#options.send(isDurable ? turn.send : (this.#actor.withoutSpace?.(inputs, loaded) ?? []));
  }

  async #load({ slots, partitions }: Needs): Promise<Loaded> {
    const { store } = this.#options;
    if (store === undefined || (slots.length === 0 && partitions.length === 0)) return NOTHING_LOADED;
    const prints = new Map<number, Prints | undefined>();
    for (const partition of partitions)
      prints.set(partition, await store.printsOf(partition, PARTITION_KEYS_MAX));
    return { slots: slots.length === 0 ? NOTHING_LOADED.slots : await store.load(slots), prints };
  }

  /** @returns whether there was space for it. */
  async #commit(store: Pick<Store, 'commit'>, { persist }: Turn<Output>): Promise<boolean> {
    const { clock } = this.#options;
    const sinceMs = clock.nowMs();
    try {
      await store.commit(persist);
      this.tally.commitMs.count(clock.nowMs() - sinceMs);
      this.tally.rows.count(persist.size);
      return true;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'full')) throw error;
      this.#options.onFull?.();
      return false;
    }
  }

  #take(): readonly Input[] {
    const { weigh, turnWeightMax } = this.#options;
    let weight = 0;
    let count = 0;
    for (const input of this.#mailbox) {
      weight += weigh(input);
      if (count > 0 && weight > turnWeightMax) {
        weight -= weigh(input);
        break;
      }
      count += 1;
    }
    this.#mailboxWeight -= weight;
    this.#isOverdue = false;
    if (count === this.#mailbox.length) {
      const all = this.#mailbox;
      this.#mailbox = [];
      this.#isDue = false;
      return all;
    }
    return this.#mailbox.splice(0, count);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#wakeAtMs === undefined) return;
    const delayMs = Math.max(0, this.#wakeAtMs - this.#options.clock.nowMs());
    this.#timer = setTimeout(() => this.#schedule(), delayMs);
  }
}
