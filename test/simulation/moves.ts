// Moves partitions from group to group while everything else goes on, as node/proposer/group-desk.ts does it: decides that one is on
// its way, closes its stay, brings every key, decides that it has arrived. Whoever does it may stop at any point, and two
// may do it at once. The keys are listed straight from the disks of a quorum; the rest goes over the network.

import { Erasing } from '../../src/protocol/erasing.ts';
import {
  endedStays,
  GROUPS_KEY,
  type GroupMap,
  groupMapOf,
  groupsValue,
  movingIn,
  ONE_GROUP,
  type Place,
  placeOf,
  withArrival,
  withGroup,
  withMove,
} from '../../src/protocol/group-map.ts';
import { keysOfStay } from '../../src/protocol/moving.ts';
import type { Request } from '../../src/protocol/operation.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import type { Cluster } from './cluster.ts';
import { toldBy } from './member-changes.ts';
import type { World } from './world.ts';

const NAME = 'mover';
const ERASER = 'eraser';
const EVERY_MS_MAX = 300;
const SILENCE_MS = 200;
const LOOK_MS = 20;
const MOVERS = 2;

interface Decided {
  readonly map: GroupMap;
  readonly version: number;
}

export class Moves {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #partitions: readonly number[];
  /** How many are still to be begun. */
  #left: number;
  #isOver = false;
  #serial = 0;
  /** Movers that have something under way. */
  #busy = 0;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#left = world.plan.moves;
    this.#partitions = world.plan.keys.map(({ key }) => partitionOf(key));
    if (this.#left === 0) return;
    for (let mover = 0; mover < MOVERS; mover++) this.#later();
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** What is under way is brought to an end; nothing more is begun. */
  finish(): void {
    this.#isOver = true;
  }

  #later(): void {
    const { events, dice } = this.#world;
    this.#busy += 1;
    events.after(dice.between(0, EVERY_MS_MAX), () => this.#begin());
  }

  #soon(): void {
    this.#world.events.after(LOOK_MS, () => this.#begin());
  }

  /** From what was decided, which may be the half of a move that another left. */
  #begin(): void {
    this.#read(decided => {
      const { dice } = this.#world;
      const moving = movingIn(decided.map);
      if (dice.chance(0.3)) this.#erase(decided.map);
      if (moving.length > 0 && (this.#isOver || dice.chance(0.7))) this.#bring(decided, dice.pick(moving));
      else if (!this.#isOver && this.#left > 0) this.#move(decided);
      else this.#busy -= 1;
    });
  }

  #read(onDecided: (decided: Decided) => void): void {
    this.#ask(GROUPS_KEY, { operation: { type: 'variable.read' }, id: undefined }, answer => {
      if (answer?.kind !== 'done') this.#read(onDecided);
      else {
        const { set, value, version } = answer.view;
        onDecided({ map: set ? groupMapOf(value) : this.#first(), version });
      }
    });
  }

  #first(): GroupMap {
    const others = this.#cluster.groups.slice(1);
    return others.reduce((map, { name }) => withGroup(map, name, []), ONE_GROUP);
  }

  #move({ map, version }: Decided): void {
    const { dice } = this.#world;
    const partition = dice.pick(this.#partitions);
    const { group, number, from } = placeOf(map, partition);
    const others = this.#cluster.groups.filter(({ name }) => name !== group);
    if (from !== undefined || others.length === 0) {
      this.#soon();
      return;
    }
    this.#left -= 1;
    const to = dice.pick(others).name;
    this.#decide(withMove(map, partition, to), version, () => {
      if (number > 0) this.#world.coverage.count('partition moved back');
    });
  }

  /** Makes it the value of the register, if that has not changed, and goes on from whatever it is then. */
  #decide(map: GroupMap, version: number, onDone: () => void): void {
    const value = groupsValue(map);
    const request: Request = {
      operation:
        version === 0
          ? { type: 'variable.create', value }
          : { type: 'variable.cas', value, expect: { by: 'version', version } },
      id: undefined,
    };
    this.#ask(GROUPS_KEY, request, answer => {
      const { dice, coverage } = this.#world;
      if (answer?.kind === 'done') onDone();
      // Whoever did it is gone.
      if (dice.chance(0.2) && !this.#isOver) {
        coverage.count('move left to another');
        this.#busy -= 1;
        this.#later();
      } else this.#soon();
    });
  }

  /** G7: has what a group has of stays that are over forgotten, as node/scan/eraser.ts does it; nobody waits for it. */
  #erase(map: GroupMap): void {
    const { dice, plan } = this.#world;
    const { key } = dice.pick(plan.keys);
    const partition = partitionOf(key);
    const { name: group, acceptors } = dice.pick(this.#cluster.groups);
    const configuration = dice.pick(this.#cluster.proposers).configurationOf(group);
    const told = new Map(acceptors.map(({ name, disk }) => [name, toldBy(disk, partition)]));
    const ended = endedStays(map, partition);
    this.#serial += 1;
    const { commands } = new Erasing({ configuration, told, ended, serial: this.#serial });
    if (commands.length === 0) return;
    const { epoch } = configuration;
    const recipient = dice.chance(0.5) ? ALL : dice.pick(acceptors).name;
    this.#cluster.command(ERASER, { group, epoch }, { recipient, commands, onReply: () => undefined });
  }

  /** G1: a quorum has closed the stay. */
  #bring(decided: Decided, partition: number): void {
    const place = placeOf(decided.map, partition);
    const { from } = place;
    if (from === undefined) {
      this.#soon();
      return;
    }
    const proposer = this.#world.dice.pick(this.#cluster.proposers);
    const onBegun = this.#once((isBegun: boolean | undefined) => {
      if (isBegun === true) this.#list(decided, partition, place);
      else this.#soon();
    });
    proposer.begin(partition, { ...decided, place }, onBegun);
  }

  /** G4: what any quorum can have accepted, as a quorum tells that has closed the stay. */
  #list(decided: Decided, partition: number, place: Place): void {
    const { dice, events } = this.#world;
    const { from } = place;
    if (from === undefined) {
      this.#soon();
      return;
    }
    const configuration = dice.pick(this.#cluster.proposers).configurationOf(from.group);
    const { acceptors } = this.#cluster.group(from.group);
    const voting = acceptors.filter(({ votesIn }) => votesIn === configuration.epoch);
    const some = voting.filter(() => dice.chance(0.8));
    const told = new Map(some.map(({ name, disk }) => [name, toldBy(disk, partition)]));
    const keys = keysOfStay(configuration, told, from.number);
    if (keys === undefined) {
      this.#soon();
      return;
    }
    events.after(dice.chance(0.5) ? dice.between(0, EVERY_MS_MAX) : 0, () => {
      this.#bringAll(keys, decided, () => this.#arrive(partition, place));
    });
  }

  #bringAll([key, ...others]: readonly string[], decided: Decided, onEnd: () => void): void {
    if (key === undefined) {
      onEnd();
      return;
    }
    const onBrought = this.#once((isBrought: boolean | undefined) => {
      if (isBrought === true) this.#bringAll(others, decided, onEnd);
      else this.#soon();
    });
    const place = placeOf(decided.map, partitionOf(key));
    this.#world.dice.pick(this.#cluster.proposers).bring(key, { ...decided, place }, onBrought);
  }

  #arrive(partition: number, place: Place): void {
    this.#read(({ map, version }) => {
      const arrived = withArrival(map, partition, place);
      if (arrived === map) this.#soon();
      else this.#decide(arrived, version, () => this.#world.coverage.count('partition moved'));
    });
  }

  #ask(key: string, request: Request, onAnswer: (answer: ServiceAnswer | undefined) => void): void {
    const proposer = this.#world.dice.pick(this.#cluster.proposers);
    const answer = this.#once(onAnswer);
    this.#cluster.requestOf(proposer, NAME, { key, request, timeoutMs: SILENCE_MS, answer });
  }

  /** Calls back once, without an answer when none comes in time. */
  #once<Answer>(onAnswer: (answer: Answer | undefined) => void): (answer: Answer) => void {
    let isOver = false;
    const end = (answer: Answer | undefined): void => {
      if (isOver) return;
      isOver = true;
      onAnswer(answer);
    };
    this.#world.events.after(SILENCE_MS, () => end(undefined));
    return end;
  }
}
