// An owner of a lock: acquires it, adds to what it guards, is paused in the midst of that, renews, and releases it or is
// gone. It goes on with its token however late it is, as a process does that was paused before its last step.

import type { SynodCall } from '../../src/history/history.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { Grant, Grants } from './grants.ts';
import type { GuardedStore } from './guarded-store.ts';
import { LEASE, type OwnersPlan } from './plan.ts';
import type { Ending } from './recorder.ts';
import { acquireCall } from './workload.ts';
import type { World } from './world.ts';

export interface OwnerParts {
  readonly client: Client;
  readonly cluster: Cluster;
  readonly store: GuardedStore;
  readonly grants: Grants;
  readonly newId: () => string;
  /** Whether to begin anything more. */
  readonly isOver: () => boolean;
}

const STORE = 'store';
/** The store is near, and what it does not answer within this is given up together with the lease. */
const STORE_SILENCE_MS = 200;
const PAUSE_LEASES_MAX = 4;
/** Who is refused asks again so often within a lease. */
const EAGERNESS = 4;

export class Owner {
  readonly #world: World;
  readonly #parts: OwnerParts;
  readonly #ttlMs: number;
  readonly #pauses: number;
  #asksLeft: number;

  constructor(world: World, parts: OwnerParts, { ttlMs, pauses, grants }: OwnersPlan) {
    this.#world = world;
    this.#parts = parts;
    this.#ttlMs = ttlMs;
    this.#pauses = pauses;
    this.#asksLeft = EAGERNESS * grants;
  }

  /** @param onEnd called once, when all is done. */
  start(onEnd: () => void): void {
    const { client, grants, isOver } = this.#parts;
    if (this.#asksLeft === 0 || isOver()) {
      onEnd();
      return;
    }
    this.#asksLeft -= 1;
    const ttlMs = this.#ttlMs;
    const asked = { atMs: this.#world.events.nowMs, ttlMs, highestToken: grants.highestToken };
    const later = (ms: number): void => this.#after(this.#world.dice.between(0, ms), () => this.start(onEnd));
    this.#ask(acquireCall(client.name, ttlMs), ending => {
      if (ending.kind !== 'ok') later(ttlMs / EAGERNESS);
      else this.#use(grants.add(client.name, ending.view.version, asked), () => later(ttlMs));
    });
  }

  #use(grant: Grant, onEnd: () => void): void {
    const { dice } = this.#world;
    if (this.#parts.isOver()) onEnd();
    else
      dice.weighted<() => void>([
        [
          4,
          () => this.#add(grant, isDone => (isDone ? this.#use(grant, onEnd) : this.#giveUp(grant, onEnd))),
        ],
        [2, () => this.#renew(grant, isHeld => (isHeld ? this.#use(grant, onEnd) : onEnd()))],
        [1, () => this.#release(grant, onEnd)],
        [1, () => this.#giveUp(grant, onEnd)],
      ])();
  }

  /** Reads, and writes 1 more: an update that nothing but the token saves. */
  #add({ token }: Grant, onEnd: (isDone: boolean) => void): void {
    const { store } = this.#parts;
    const { dice, coverage } = this.#world;
    this.#askStore(
      () => store.read(token),
      value => {
        if (value === undefined) {
          coverage.count('old token refused');
          onEnd(false);
          return;
        }
        const pauseMs = dice.chance(this.#pauses) ? dice.between(0, PAUSE_LEASES_MAX * this.#ttlMs) : 0;
        this.#after(pauseMs, () => {
          this.#askStore(
            () => store.write(token, value + 1),
            isWritten => {
              coverage.count(isWritten ? 'write with the token accepted' : 'old token refused');
              onEnd(isWritten);
            },
            () => onEnd(false),
          );
        });
      },
      () => onEnd(false),
    );
  }

  #renew(grant: Grant, onEnd: (isHeld: boolean) => void): void {
    const sinceMs = this.#world.events.nowMs;
    this.#ask(tokenCall('lock.renew', grant), ending => {
      if (ending.kind === 'ok') {
        this.#world.coverage.count('lease renewed');
        grant.untilMs = Math.max(grant.untilMs, sinceMs + this.#ttlMs);
      } else if (ending.kind === 'refused') {
        this.#world.coverage.count('lease lost');
        this.#parts.grants.end(grant);
      }
      onEnd(ending.kind !== 'refused');
    });
  }

  #release(grant: Grant, onEnd: () => void): void {
    this.#parts.grants.end(grant);
    this.#ask(tokenCall('lock.release', grant), ending => {
      if (ending.kind === 'ok') {
        this.#world.coverage.count('lock released');
        grant.isReleased = true;
      }
      onEnd();
    });
  }

  /** As a process that dies: nobody releases it. */
  #giveUp(grant: Grant, onEnd: () => void): void {
    this.#parts.grants.end(grant);
    onEnd();
  }

  #ask(call: SynodCall, onEnd: (ending: Ending) => void): void {
    const { client, newId } = this.#parts;
    const { timeoutMs, silenceMs, attemptsMax } = this.#world.plan.clients;
    client.perform({ key: LEASE.key, call, id: newId(), timeoutMs, silenceMs, attemptsMax }, onEnd);
  }

  /** A request to the store may come late, when another one has the lock; its answer may never come. */
  #askStore<Told>(act: () => Told, onTold: (told: Told) => void, onSilence: () => void): void {
    const { client, cluster } = this.#parts;
    let isOver = false;
    const once = (then: () => void): void => {
      if (!isOver) then();
      isOver = true;
    };
    const arrive = (): void => {
      const told = act();
      const answer = {
        from: STORE,
        to: client.name,
        mayDouble: false,
        arrive: () => once(() => onTold(told)),
      };
      cluster.network.send(answer);
    };
    cluster.network.send({ from: client.name, to: STORE, mayDouble: false, arrive });
    this.#after(STORE_SILENCE_MS, () => once(onSilence));
  }

  #after(ms: number, act: () => void): void {
    this.#world.events.after(ms, act);
  }
}

function tokenCall(change: 'lock.renew' | 'lock.release', { token }: Grant): SynodCall {
  return { operation: 'variable.change', change, args: [token] };
}
