// The simulated runtime: the loop of src/actors/runtime.ts over the same actors, in virtual time. Take the
// mailbox, load what is missing, step, make the turn durable, and only then send (A3).

import { type Actor, type Loaded, NOTHING_LOADED, type Turn } from '../../src/actors/actor.ts';
import type { Clock } from '../../src/actors/clock.ts';
import { printsOf } from '../../src/protocol/filter.ts';
import type { Disk } from './disk.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface LoopParts<Input, Output> {
  readonly actor: Actor<Input, Output>;
  readonly process: Process;
  readonly clock: Clock;
  readonly disk: Disk | undefined;
  readonly send: (outputs: readonly Output[]) => void;
  /** As in src/actors/runtime.ts. */
  readonly isPatient?: (input: Input) => boolean;
}

interface Stepped<Input, Output> {
  readonly inputs: readonly Input[];
  readonly loaded: Loaded;
  readonly turn: Turn<Output>;
}

/** Between a message's arrival and the turn that takes it. */
const TURN_MS_MAX = 0.2;

export class TurnLoop<Input, Output> {
  readonly #world: World;
  readonly #parts: LoopParts<Input, Output>;
  #mailbox: Input[] = [];
  /** A turn is due or under way; it is under way. */
  #isBusy = false;
  #isStepping = false;
  #timerAtMs: number | undefined;
  #isDue = false;
  #isOverdue = false;
  #isPatienceCounted = false;

  constructor(world: World, parts: LoopParts<Input, Output>) {
    this.#world = world;
    this.#parts = parts;
  }

  deliver(input: Input): void {
    this.#mailbox.push(input);
    if (!this.#isDue && this.#parts.isPatient?.(input) === true) {
      this.#endPatience();
      return;
    }
    this.#isDue = true;
    if (this.#isStepping) this.#scheduleEarly();
    else this.#schedule();
  }

  #endPatience(): void {
    if (this.#isPatienceCounted) return;
    this.#isPatienceCounted = true;
    this.#world.coverage.count('vote left for later');
    this.#parts.process.after(this.#world.plan.patienceMs, () => {
      this.#isPatienceCounted = false;
      if (this.#mailbox.length === 0) return;
      this.#isDue = true;
      this.#isOverdue = true;
      this.#schedule();
    });
  }

  /** Makes a turn also without an input. */
  wake(): void {
    this.#schedule();
  }

  #scheduleEarly(): void {
    if (this.#parts.actor.early === undefined) return;
    this.#parts.process.after(this.#world.dice.between(0, TURN_MS_MAX), () => {
      if (this.#isStepping) this.#early();
    });
  }

  #early(): void {
    const early = this.#parts.actor.early?.(this.#mailbox);
    if (early === undefined || early.rest === this.#mailbox) return;
    if (early.send.length > 0) {
      this.#world.coverage.count('read answered before the turn', early.send.length);
      this.#parts.send(early.send);
    }
    this.#mailbox = [...early.rest];
    const isUrgent = this.#mailbox.some(input => this.#parts.isPatient?.(input) !== true);
    this.#isDue = isUrgent || this.#isOverdue;
    if (!this.#isDue && this.#mailbox.length > 0) this.#endPatience();
  }

  #schedule(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#parts.process.after(this.#world.dice.between(0, TURN_MS_MAX), () => this.#turn());
  }

  #turn(): void {
    const { actor, disk, process } = this.#parts;
    this.#isStepping = true;
    this.#early();
    const inputs = this.#isDue ? this.#mailbox.splice(0) : [];
    this.#isDue = false;
    this.#isOverdue = false;
    const { slots, partitions } = actor.needs(inputs);
    if (disk === undefined || (slots.length === 0 && partitions.length === 0)) {
      this.#step(inputs, NOTHING_LOADED);
      return;
    }
    process.after(this.#world.dice.between(0, this.#world.plan.loadMsMax), () => {
      const found = disk.load(slots);
      this.#world.coverage.count('slot loaded from disk', found.size);
      // Now and then there are too many keys for a filter.
      const isLarge = this.#world.dice.chance(0.1);
      const prints = partitions.map(
        number => [number, isLarge ? undefined : printsOf(disk.keysOf(number))] as const,
      );
      this.#step(inputs, { slots: found, prints: new Map(prints) });
    });
  }

  #step(inputs: readonly Input[], loaded: Loaded): void {
    const { actor, clock, disk } = this.#parts;
    const turn = actor.step(inputs, loaded, clock.nowMs());
    if (disk === undefined || turn.persist.size === 0) {
      actor.settled?.();
      this.#speak(turn);
    } else this.#persist({ inputs, loaded, turn }, disk);
  }

  #persist({ inputs, loaded, turn }: Stepped<Input, Output>, disk: Disk): void {
    const { actor } = this.#parts;
    const commitMs = this.#world.dice.between(0, this.#world.plan.commitMsMax);
    disk.write(turn.persist);
    this.#parts.process.after(commitMs, () => {
      if (disk.isFull) {
        disk.rollBack();
        this.#world.coverage.count('turn taken back for lack of space');
        this.#speak({ ...turn, send: actor.withoutSpace?.(inputs, loaded) ?? [] });
        return;
      }
      disk.sync();
      actor.settled?.();
      this.#speak(turn);
    });
  }

  #speak({ send, wakeAtMs }: Turn<Output>): void {
    this.#parts.send(send);
    this.#isBusy = false;
    this.#isStepping = false;
    if (this.#isDue) this.#schedule();
    else this.#wake(wakeAtMs);
  }

  #wake(atMs: number | undefined): void {
    if (atMs === this.#timerAtMs) return;
    this.#timerAtMs = atMs;
    if (atMs === undefined) return;
    this.#parts.process.after(atMs - this.#parts.clock.nowMs(), () => {
      if (this.#timerAtMs !== atMs) return;
      this.#timerAtMs = undefined;
      this.#schedule();
    });
  }
}
