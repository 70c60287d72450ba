// One acceptor: the product's actor, on a disk that outlives it.

import { AcceptorActor, type AcceptorInput, type AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import type { Command } from '../../src/protocol/messages.ts';
import { describeCommand } from './description.ts';
import { Disk, type OnDurable } from './disk.ts';
import { NodeClock } from './node-clock.ts';
import { Process } from './process.ts';
import { TurnLoop } from './turn-loop.ts';
import type { World } from './world.ts';

export interface AcceptorParts {
  readonly name: string;
  readonly onDurable: OnDurable;
  readonly send: (outputs: readonly AcceptorOutput[], disk: Disk) => void;
}

export class AcceptorNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly process: Process;
  readonly #world: World;
  readonly #parts: AcceptorParts;
  readonly #disk: Disk;
  #loop: TurnLoop<AcceptorInput, AcceptorOutput>;

  constructor(world: World, parts: AcceptorParts) {
    this.name = parts.name;
    this.clock = new NodeClock(world.events, world.dice.between(0, world.plan.skewMsMax));
    this.process = new Process(world.events);
    this.#world = world;
    this.#parts = parts;
    this.#disk = new Disk(parts.onDurable);
    this.#loop = this.#newLoop();
  }

  set isFull(isFull: boolean) {
    this.#disk.isFull = isFull;
  }

  receive(proposer: string, commands: readonly Command[]): void {
    this.process.run(() => {
      this.#world.trace.note(this.name, () => `← ${proposer} ${commands.map(describeCommand).join('; ')}`);
      this.#loop.deliver({ proposer, commands });
    });
  }

  crash(): void {
    if (!this.process.isUp) return;
    const { dice, coverage, trace } = this.#world;
    this.process.crash();
    const commit = this.#disk.crash(dice.chance(0.5));
    coverage.count('acceptor crash');
    if (commit !== 'idle') coverage.count(commit === 'lost' ? 'crash lost a commit' : 'crash kept a commit');
    trace.note(this.name, () => `crashes; the commit under way: ${commit}`);
  }

  /** Starts again over the disk, with nothing in memory. */
  restart(): void {
    if (this.process.isUp) return;
    this.process.start();
    this.#loop = this.#newLoop();
    this.#world.trace.note(this.name, () => 'starts again');
  }

  #newLoop(): TurnLoop<AcceptorInput, AcceptorOutput> {
    return new TurnLoop(this.#world, {
      actor: new AcceptorActor({ cacheBytesMax: this.#world.plan.limits.cacheBytesMax }),
      process: this.process,
      clock: this.clock,
      disk: this.#disk,
      send: outputs => this.#parts.send(outputs, this.#disk),
    });
  }
}
