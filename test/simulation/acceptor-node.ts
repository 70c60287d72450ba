// One acceptor: the product's actor, on a disk that outlives it.

import {
  AcceptorActor,
  type AcceptorInput,
  type AcceptorOutput,
  inputFor,
} from '../../src/actors/acceptor-actor.ts';
import { EpochNews } from '../../src/actors/epoch-news.ts';
import { Standing } from '../../src/actors/standing.ts';
import type { EpochNote } from '../../src/protocol/membership.ts';
import type { Hello, Stamp } from '../../src/protocol/memory.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { MEMORY_NAME } from '../../src/storage/memory-record.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { CommandEnvelope } from '../../src/transport/message-codec.ts';
import { formedSlot, storeOf } from '../actors/standings.ts';
import { describeCommand } from './description.ts';
import { Disk, type OnDurable } from './disk.ts';
import { NodeClock } from './node-clock.ts';
import { Process } from './process.ts';
import { TurnLoop } from './turn-loop.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

export interface AcceptorParts {
  readonly name: string;
  readonly configuration: Configuration;
  readonly onDurable: OnDurable;
  readonly send: (outputs: readonly AcceptorOutput[], spoken: { disk: Disk; stamp: Stamp }) => void;
  /** Takes what is for other acceptors. */
  readonly tell: (hello: Hello, recipient: string) => void;
  /** Takes what is for all nodes. */
  readonly announce: (note: EpochNote) => void;
  /** Whether it is one of those that form the cluster. */
  readonly isFirst: boolean;
}

const ASK_MS = 100;

export class AcceptorNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly process: Process;
  readonly #world: World;
  readonly #parts: AcceptorParts;
  readonly disk: Disk;
  #standing: Standing;
  readonly #news = new EpochNews(() => this.#epoch());
  #status: Standing['status'] = 'asking';
  #loop: TurnLoop<AcceptorInput, AcceptorOutput>;
  #starts = 0;
  #store: string;
  /** So many acceptors had its name before. */
  #renewals = 0;
  #hasVoted = false;
  #hasForgotten = false;

  constructor(world: World, parts: AcceptorParts) {
    this.name = parts.name;
    this.clock = new NodeClock(world.events, world.dice.between(0, world.plan.skewMsMax));
    this.process = new Process(world.events);
    this.#world = world;
    this.#parts = parts;
    const { isFormed } = world.plan;
    const first =
      isFormed && parts.isFirst ? ([[MEMORY_NAME, formedSlot(parts.configuration)]] as const) : [];
    this.disk = new Disk(new Map(first), parts.onDurable);
    this.#store = storeOf(parts.name);
    this.#standing = this.#newStanding();
    this.#loop = this.#newLoop();
  }

  /** Its disk went back in time, for good. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** So that the cluster is formed. */
  get hasVoted(): boolean {
    return this.#hasVoted;
  }

  get isQuarantined(): boolean {
    return this.#status === 'quarantined';
  }

  set isFull(isFull: boolean) {
    this.disk.isFull = isFull;
  }

  /** The store of its disk. */
  get store(): string {
    return this.#store;
  }

  /** The epoch that is durable, while it votes in it; 0 while it does not. */
  get votesIn(): number {
    const isVoting = this.process.isUp && this.#standing.mayVote && this.#standing.isSettled;
    return isVoting ? this.#standing.epoch : 0;
  }

  /** What another node says of its epoch. */
  learn(note: EpochNote): void {
    this.process.run(() => {
      const { adopt, tells } = this.#news.hears(note, this.clock.nowMs());
      if (tells) this.#parts.announce(this.#epoch());
      if (adopt === undefined) return;
      const { epoch } = this.#standing;
      this.#standing.adopt(adopt);
      if (this.#standing.epoch > epoch) this.#world.coverage.count('epoch adopted by an acceptor');
      this.#loop.wake();
    });
  }

  #epoch(): EpochNote {
    const { epoch, membership } = this.#standing;
    return { epoch: membership?.epoch ?? epoch, membership };
  }

  receive(envelope: CommandEnvelope): void {
    const { epoch, sender: proposer, items: commands, news } = envelope;
    this.process.run(() => {
      if (this.#news.meets(epoch, this.clock.nowMs())) this.#parts.announce(this.#epoch());
      for (const { member, sighting } of news) this.disk.hear(member, sighting.commits);
      this.#standing.learn(news, proposer);
      this.#world.trace.note(this.name, () => `← ${proposer} ${commands.map(describeCommand).join('; ')}`);
      const input = inputFor(this.name, envelope);
      if (input !== undefined) this.#loop.deliver(input);
    });
  }

  /** What another acceptor says. */
  hear(hello: Hello): void {
    this.process.run(() => {
      if (this.#news.meets(hello.epoch, this.clock.nowMs())) this.#parts.announce(this.#epoch());
      const answer = this.#standing.receive(hello);
      if (answer !== undefined) this.#parts.tell(answer, hello.sender);
    });
  }

  crash(): void {
    if (!this.process.isUp) return;
    const { dice, coverage, trace } = this.#world;
    this.process.crash();
    const commit = this.disk.crash(dice.chance(0.5));
    coverage.count('acceptor crash');
    if (commit !== 'idle') coverage.count(commit === 'lost' ? 'crash lost a commit' : 'crash kept a commit');
    trace.note(this.name, () => `crashes; the commit under way: ${commit}`);
  }

  /** Starts again over the disk, with nothing in memory. */
  restart(): void {
    if (this.process.isUp || this.isQuarantined) return;
    this.process.start();
    this.#standing = this.#newStanding();
    this.#loop = this.#newLoop();
    this.#world.trace.note(this.name, () => 'starts again');
  }

  /** While it is down, its disk goes back to what it was after an earlier commit. */
  forget(commits: number): void {
    this.#world.trace.note(
      this.name,
      () => `its disk goes back from commit ${this.disk.commits} to ${commits}`,
    );
    this.#world.coverage.count('disk rolled back');
    this.#hasForgotten = true;
    this.disk.forget(commits);
  }

  /** While it is down, its disk is replaced by an empty one. */
  lose(): void {
    this.#world.trace.note(this.name, () => 'its disk is replaced by an empty one');
    this.#world.coverage.count('disk lost');
    this.#hasForgotten = true;
    this.#store = `another-${storeOf(this.name)}`;
    this.disk.lose();
  }

  /** It was removed: another acceptor comes under its name, on an empty disk, and knows itself for none of the first. */
  renew(): void {
    const isUp = this.process.isUp;
    this.#world.trace.note(this.name, () => 'is let go; another acceptor gets its name');
    this.crash();
    this.#renewals += 1;
    this.#store = `${storeOf(this.name)}-${this.#renewals}`;
    this.#hasVoted = false;
    this.disk.lose();
    if (isUp) this.restart();
  }

  #configuration(): Configuration {
    const { configuration } = this.#parts;
    if (this.#renewals === 0) return configuration;
    const acceptors = configuration.acceptors.filter(name => name !== this.name);
    return { ...configuration, acceptors };
  }

  #newStanding(): Standing {
    const { name } = this;
    this.#starts += 1;
    this.#status = 'asking';
    this.process.after(0, () => this.#ask());
    return new Standing({
      id: name,
      configuration: this.#configuration(),
      store: this.#store,
      incarnation: `${name}-${this.#starts}`,
      slot: this.disk.load([MEMORY_NAME]).get(MEMORY_NAME),
    });
  }

  #ask(): void {
    if (this.#standing.status !== 'asking') return;
    this.#parts.tell(this.#standing.ask(), ALL);
    this.#loop.wake();
    this.process.after(ASK_MS, () => this.#ask());
  }

  /** After each turn: whether it may vote now, or never again. */
  #watch(): void {
    const before = this.#status;
    this.#status = this.#standing.status;
    if (this.#status === before) return;
    if (this.#status === 'voting') this.#hasVoted = true;
    const { coverage, events, plan, trace } = this.#world;
    trace.note(this.name, () => `${this.#status} ${this.#standing.doubt ?? ''}`);
    if (this.#status === 'voting' && !plan.isFormed && this.#starts === 1) coverage.count('cluster formed');
    if (!this.isQuarantined) return;
    if (!this.#hasForgotten)
      throw new Violation(
        'progress',
        `${this.name} is quarantined without a reason: ${this.#standing.doubt}`,
      );
    coverage.count(before === 'asking' ? 'quarantined at its start' : 'quarantined by what a proposer told');
    events.after(0, () => this.process.crash());
  }

  #newLoop(): TurnLoop<AcceptorInput, AcceptorOutput> {
    return new TurnLoop(this.#world, {
      actor: new AcceptorActor({
        cacheBytesMax: this.#world.plan.limits.cacheBytesMax,
        mayHave: key => this.disk.has(key),
        standing: this.#standing,
      }),
      process: this.process,
      clock: this.clock,
      disk: this.disk,
      isPatient: input => input.isPatient === true,
      send: outputs => {
        this.#parts.send(outputs, { disk: this.disk, stamp: this.#standing.stamp });
        this.#watch();
      },
    });
  }
}
