// The desk for operators: changes the members, one small step a request, so that whoever asks can stop at any point and
// anybody can go on from what was decided. What a step is allowed to do is protocol/membership.ts.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../actors/clock.ts';
import {
  type Change,
  type Decided,
  decidedOf,
  joined,
  MEMBERS_KEY,
  MembershipError,
  membersValue,
  settledOf,
  withCarried,
} from '../../protocol/membership.ts';
import type { Operation } from '../../protocol/operation.ts';
import { PARTITIONS } from '../../protocol/partition.ts';
import type { View } from '../../protocol/state.ts';
import { isPlainObject, sameValue } from '../../protocol/value.ts';
import { internalSubjects, isOperatorInbox } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { OwnRequests } from '../engine/own-requests.ts';
import type { Engine } from '../engine/proposer-engine.ts';
import type { Log } from '../process/log.ts';
import { Carrier } from '../scan/carrier.ts';
import { type Collector, NotCollected } from '../scan/collector.ts';

interface MemberDeskParts {
  readonly cluster: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly own: Pick<OwnRequests, 'ask'>;
  readonly collector: Pick<Collector, 'collect'>;
  /** Resolves when it is known which partitions the group keeps, or cannot be. */
  readonly looked: () => Promise<void>;
  /** To be throttled. */
  readonly log: Log;
}

const EXPECTED = [MembershipError, NotCollected, SyntaxError];
const QUEUE = 'operators';
const STEP_MS = 5000;
/** After so long, what was brought over is recorded. */
const CARRY_MS = 1000;
const ATTEMPTS_MAX = 5;
const FORMED_ASK_MS = 50;
const FORMED_ASKS_MAX = 40;

export class MemberDesk {
  readonly #parts: MemberDeskParts;
  readonly #carrier: Carrier;
  readonly #subscription: Subscription;

  constructor(parts: MemberDeskParts) {
    const { cluster, transport, engine, log } = parts;
    this.#parts = parts;
    this.#carrier = new Carrier({
      incarnation: engine.incarnation,
      transport,
      configuration: engine.configuration,
      members: () => engine.membership()?.members,
      log,
      read: key => this.#ask(key, { type: 'variable.read' }),
    });
    const { operators } = internalSubjects(cluster);
    this.#subscription = transport.subscribe(operators, message => void this.#receive(message), {
      queue: QUEUE,
    });
  }

  close(): void {
    this.#subscription.close();
    this.#carrier.close();
  }

  async #receive({ bytes, reply }: Message): Promise<void> {
    const { cluster, transport, log } = this.#parts;
    if (!isOperatorInbox(cluster, reply)) return;
    let told: object;
    try {
      told = { ok: true, ...(await this.#perform(JSON.parse(Buffer.from(bytes).toString()))) };
    } catch (error) {
      if (!EXPECTED.some(kind => error instanceof kind)) {
        log('membership_step_failed', { why: String(error) });
      }
      told = { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
    transport.publish(reply, Buffer.from(JSON.stringify(told)));
  }

  #perform(asked: unknown): Promise<object> {
    const { step, partitions, add, remove, epoch } = isPlainObject(asked) ? asked : {};
    switch (step) {
      case 'status':
        return this.#status();
      case 'change':
        return this.#decide(decided => joined(decided, changeOf(add, remove)));
      case 'carry':
        return this.#carry(partitionsOf(partitions), Number(epoch));
      case 'collect':
        return this.#collect(partitionsOf(partitions));
      case 'settle':
        return this.#decide(settledOf);
      default:
        throw new MembershipError(`there is no step '${String(step)}'`);
    }
  }

  async #status(): Promise<object> {
    return told((await this.#current()).decided);
  }

  /**
   * What was decided last, read in the epoch that it says (C7). Everybody is told: whoever decided it may have been stopped
   * before, and what is told may be lost; the read in that epoch tells it to those who do not know it yet.
   */
  async #current(): Promise<{ readonly decided: Decided; readonly version: number }> {
    const { engine } = this.#parts;
    for (;;) {
      const { epoch: askedIn } = engine.configuration();
      const view = await this.#ask(MEMBERS_KEY, { type: 'variable.read' });
      const decided = view.set ? decidedOf(view.value) : await this.#formed();
      const { epoch, members, joint } = decided;
      engine.adopt({ epoch, members, joint });
      if (epoch <= askedIn) return { decided, version: view.version };
    }
  }

  /** The members that formed the cluster, as acceptors tell them. */
  async #formed(): Promise<Decided> {
    const { engine } = this.#parts;
    for (let asks = 0; asks < FORMED_ASKS_MAX; asks++) {
      const membership = engine.membership();
      if (membership !== undefined) return { ...membership, carried: [], former: [] };
      engine.askEpoch();
      await delay(FORMED_ASK_MS);
    }
    throw new MembershipError('no acceptor tells which members formed the cluster: try again');
  }

  async #decide(next: (decided: Decided) => Decided): Promise<object> {
    for (let attempt = 1; ; attempt++) {
      const { decided, version } = await this.#current();
      const value = membersValue(next(decided));
      const isFirst = version === 0;
      const view = await this.#ask(
        MEMBERS_KEY,
        isFirst
          ? { type: 'variable.create', value }
          : { type: 'variable.cas', value, expect: { by: 'version', version } },
      );
      if (view.version === version + 1 && sameValue(view.value, value)) return this.#status();
      if (attempt === ATTEMPTS_MAX) throw new MembershipError('others change the members at the same time');
    }
  }

  /** C3, C5: of these as many as there is time for. */
  async #carry(partitions: readonly number[], epoch: number): Promise<object> {
    const { clock } = this.#parts;
    const untilMs = clock.nowMs() + CARRY_MS;
    const done: number[] = [];
    let keys = 0;
    for (const partition of partitions) {
      keys += await this.#carrier.carry(partition, epoch);
      done.push(partition);
      if (clock.nowMs() >= untilMs) break;
    }
    await this.#decide(decided => {
      if (decided.epoch !== epoch) throw new MembershipError('the epoch is over');
      return done.reduce(withCarried, decided);
    });
    return { partitions: done, keys };
  }

  /** D1: of these as many as there is time for. */
  async #collect(partitions: readonly number[]): Promise<object> {
    const { clock, collector, looked } = this.#parts;
    await looked();
    const untilMs = clock.nowMs() + CARRY_MS;
    const done: number[] = [];
    let keys = 0;
    for (const partition of partitions) {
      keys += await collector.collect(partition);
      done.push(partition);
      if (clock.nowMs() >= untilMs) break;
    }
    return { partitions: done, keys };
  }

  /** What a chosen state says, done or refused. @throws MembershipError where there is none to be had. */
  async #ask(key: string, operation: Operation): Promise<View> {
    const answer = await this.#parts.own.ask(key, { operation, id: undefined }, STEP_MS);
    if (answer.kind === 'done' || answer.kind === 'refused') return answer.view;
    throw new MembershipError(`cannot tell what became of '${key}': ${answer.why}`);
  }
}

function partitionsOf(candidate: unknown): readonly number[] {
  const partitions = Array.isArray(candidate) ? candidate.map(Number) : [];
  const stranger = partitions.find(number => !Number.isInteger(number) || number < 0 || number >= PARTITIONS);
  if (stranger !== undefined) throw new MembershipError(`there is no partition ${stranger}`);
  return partitions;
}

function changeOf(add: unknown, remove: unknown): Change {
  const stores = isPlainObject(add)
    ? Object.entries(add).map(([name, store]) => [name, String(store)] as const)
    : [];
  return { add: new Map(stores), remove: Array.isArray(remove) ? remove.map(String) : [] };
}

function told({ epoch, members, joint, carried }: Decided): object {
  return { epoch, members: Object.fromEntries(members), joint: joint ?? null, carried };
}
