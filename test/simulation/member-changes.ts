// Changes the members again and again while everything else goes on: decides a joint epoch, brings every key over, decides
// the last one. Whoever does it may stop at any point, and somebody else goes on from what was decided. The keys are
// listed straight from the disks of acceptors that vote in the joint epoch; the rest goes over the network.

import { bindsFloor, Carrying, floorAbove, type Told } from '../../src/protocol/carrying.ts';
import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import {
  type Change,
  type Decided,
  decidedOf,
  joined,
  MEMBERS_KEY,
  membersValue,
  settledOf,
  withCarried,
} from '../../src/protocol/membership.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { ALL_PARTITIONS, floorName } from '../../src/protocol/partition.ts';
import { type Configuration, FIRST_EPOCH, isQuorum, withVoter } from '../../src/protocol/quorum.ts';
import type { View } from '../../src/protocol/state.ts';
import { nameIn, partitionKey } from '../../src/protocol/stays.ts';
import { CLOSED_NAME, closedOf } from '../../src/storage/closed-record.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { mergedRemains } from '../../src/transport/state-codec.ts';
import type { AcceptorNode } from './acceptor-node.ts';
import { type Cluster, OPERATOR } from './cluster.ts';
import type { Disk } from './disk.ts';
import type { ProposerNode } from './proposer-node.ts';
import { Seclusion } from './seclusion.ts';
import type { World } from './world.ts';

const EVERY_MS_MAX = 400;
const SILENCE_MS = 150;
const LOOK_MS = 20;
const ACCEPTORS_MAX = 5;
const ASKS_MAX = 5;
const NAME = OPERATOR;

interface Carry {
  readonly decided: Decided;
  readonly voting: readonly AcceptorNode[];
  readonly configuration: Configuration;
}

export class MemberChanges {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #first: Decided;
  readonly #seclusion: Seclusion;
  /** How many changes are still to be begun. */
  #left: number;
  #isOver = false;
  #lastSerial = 0;
  #isBusy = false;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#left = world.plan.memberChanges;
    this.#seclusion = new Seclusion(world, cluster);
    const members = cluster.first.acceptors
      .slice(0, world.plan.acceptors)
      .map(({ name, store }) => [name, store] as const);
    this.#first = {
      epoch: FIRST_EPOCH,
      members: new Map(members),
      joint: undefined,
      carried: [],
      former: [],
    };
    if (this.#left > 0) this.#later();
  }

  /** A change is under way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What some are kept out of is to be brought to its end before they hear of it. */
  get isSecluding(): boolean {
    return this.#seclusion.isUnderWay;
  }

  /** What is under way is brought to an end; nothing more is begun. */
  finish(): void {
    this.#isOver = true;
    this.#seclusion.heal();
  }

  #later(): void {
    const { events, dice } = this.#world;
    events.after(dice.between(0, EVERY_MS_MAX), () => this.#begin());
  }

  /** From what was decided, which may be the half of a change that another left. */
  #begin(): void {
    this.#ask({ type: 'variable.read' }, (view, askedIn) => {
      const decided = view.set ? decidedOf(view.value) : this.#first;
      this.#tell(decided);
      // C7, as node/proposer/member-desk.ts does it.
      if (decided.epoch > askedIn) {
        this.#world.coverage.count('members read in an epoch before theirs');
        this.#world.events.after(LOOK_MS, () => this.#begin());
      } else if (decided.joint !== undefined) this.#carry(decided, view.version);
      else {
        this.#isBusy = false;
        if (!this.#isOver && this.#left > 0) this.#change(decided, view.version);
      }
    });
  }

  #change(decided: Decided, version: number): void {
    const change = this.#anyChange(decided);
    if (change.add.size + change.remove.length === 0) return;
    this.#left -= 1;
    this.#isBusy = true;
    const { dice, plan } = this.#world;
    const [leaving] = change.remove;
    const others = [...decided.members.keys()].filter(name => name !== leaving);
    const decide = (): void => this.#decide(joined(decided, change), version);
    if (!plan.secludes || leaving === undefined || others.length !== 2 || change.add.size === 0) decide();
    else {
      const proposer = dice.pick(this.#cluster.proposers);
      this.#seclusion.begin({ staying: dice.pick(others), leaving, proposer }, decide);
    }
  }

  #anyChange({ members }: Decided): Change {
    const { dice } = this.#world;
    const names = [...members.keys()];
    const others = this.#cluster.first.acceptors.filter(({ name }) => !members.has(name));
    const removed = others.filter(({ hasVoted }) => hasVoted);
    if (removed.length > 0 && dice.chance(0.5)) this.#cluster.renew(dice.pick(removed));
    const fresh = others.filter(({ hasVoted }) => !hasVoted);
    const spare = fresh.length > 0 ? dice.pick(fresh) : undefined;
    const add = spare === undefined ? [] : [[spare.name, spare.store] as const];
    const remove = [dice.pick(names)];
    const choices: Change[] = [
      { add: new Map(add), remove: names.length > 1 || spare !== undefined ? remove : [] },
    ];
    if (names.length < ACCEPTORS_MAX) choices.push({ add: new Map(add), remove: [] });
    if (names.length > 2) choices.push({ add: new Map(), remove });
    return dice.pick(choices);
  }

  /** Makes it the value of the register, if that has not changed, and goes on from whatever it is then. */
  #decide(decided: Decided, version: number): void {
    const value = membersValue(decided);
    const operation: Operation =
      version === 0
        ? { type: 'variable.create', value }
        : { type: 'variable.cas', value, expect: { by: 'version', version } };
    this.#ask(operation, () => {
      const { dice, coverage } = this.#world;
      if (decided.joint === undefined) {
        coverage.count('members changed');
        this.#seclusion.end();
      }
      // Whoever did it is gone, and has told nobody.
      if (dice.chance(0.2)) {
        coverage.count('change of members left to another');
        this.#later();
      } else this.#begin();
    });
  }

  /** C3, C5, as node/scan/carrier.ts does it. */
  #carry(decided: Decided, version: number): void {
    const { epoch } = decided;
    const voting = this.#cluster.first.acceptors.filter(acceptor => acceptor.votesIn === epoch);
    const configuration = {
      cluster: '',
      epoch,
      acceptors: [...decided.members.keys()],
      joint: decided.joint,
    };
    const names = voting.map(({ name }) => name).filter(name => decided.members.has(name));
    if (!isQuorum(configuration, names)) {
      this.#tell(decided);
      this.#world.events.after(LOOK_MS, () => this.#begin());
      return;
    }
    const partitions = new Set(voting.flatMap(({ disk }) => disk.partitions()));
    const carry = { decided, voting: this.#some(voting, configuration), configuration };
    this.#carryPartitions([...partitions], carry, () => {
      this.#decide(settledOf(ALL_PARTITIONS.reduce(withCarried, decided)), version);
    });
  }

  /** A quorum of those who are heard, and perhaps more. */
  #some(voting: readonly AcceptorNode[], configuration: Configuration): readonly AcceptorNode[] {
    const { dice } = this.#world;
    return voting.reduce((some, acceptor) => {
      const others = some.filter(other => other !== acceptor);
      const isLeftOut =
        dice.chance(0.5) &&
        isQuorum(
          configuration,
          others.map(({ name }) => name),
        );
      return isLeftOut ? others : some;
    }, voting);
  }

  #carryPartitions([partition, ...others]: readonly number[], carry: Carry, onEnd: () => void): void {
    if (partition === undefined) {
      onEnd();
      return;
    }
    const { configuration, voting, decided } = carry;
    const told = new Map(voting.map(({ name, disk }) => [name, toldBy(disk, partition)]));
    const carrying = new Carrying(configuration, told);
    const names = voting.map(({ name }) => name);
    this.#close(partition, carrying.closedTo, carry, () => {
      this.#copy(carrying, names, decided.epoch, () => {
        this.#world.coverage.count('page carried');
        if (carrying.missingForGood.length > 0) this.#world.events.after(LOOK_MS, () => this.#begin());
        else
          this.#carryAll(carrying.missing, decided, () => {
            this.#raise(partition, carrying, carry, () => this.#carryPartitions(others, carry, onEnd));
          });
      });
    });
  }

  /** G1: what is closed for the members before is closed for those after. */
  #close(partition: number, stay: number, carry: Carry, onEnd: () => void): void {
    if (stay < 0) {
      onEnd();
      return;
    }
    this.#world.coverage.count('closed for new members');
    this.#lastSerial += 1;
    const serial = this.#lastSerial;
    const fetch = { kind: 'fetch', key: nameIn(stay, partitionKey(partition)), serial } as const;
    this.#bind(fetch, reply => reply.kind === 'report' && reply.serial === serial, carry, onEnd);
  }

  #copy(carrying: Carrying, names: readonly string[], epoch: number, onEnd: () => void): void {
    const ask = (): void => {
      for (const recipient of names) {
        const commands = carrying.copiesFor(recipient);
        if (commands.length === 0) continue;
        this.#world.coverage.count('copy sent');
        const onReply = (acceptor: string, reply: Reply): boolean => carrying.receive(acceptor, reply);
        this.#cluster.command(NAME, { group: FIRST_GROUP, epoch }, { recipient, commands, onReply });
      }
    };
    this.#patiently(ask, () => carrying.isAnswered, onEnd);
  }

  /** C5. */
  #raise(partition: number, { highest, remains: all }: Carrying, carry: Carry, onEnd: () => void): void {
    const remains = all.reduce(mergedRemains, new Uint8Array(0));
    const floor = floorAbove(highest, { partition, remains, proposer: NAME });
    this.#bind(floor, reply => bindsFloor(reply, floor), carry, onEnd);
  }

  /** Who is not answered so by a quorum begins again with what there is. */
  #bind(
    command: Command,
    isAnswer: (reply: Reply) => boolean,
    { configuration }: Carry,
    onEnd: () => void,
  ): void {
    let bound: readonly string[] = [];
    const onReply = (acceptor: string, reply: Reply): void => {
      if (isAnswer(reply)) bound = withVoter(bound, acceptor);
    };
    const isBound = (): boolean => isQuorum(configuration, bound);
    this.#patiently(
      () =>
        this.#cluster.command(
          NAME,
          { group: FIRST_GROUP, epoch: configuration.epoch },
          { recipient: ALL, commands: [command], onReply },
        ),
      isBound,
      () => {
        if (isBound()) onEnd();
        else this.#begin();
      },
    );
  }

  /** Asks until it is done, or for a while. */
  #patiently(ask: () => void, isDone: () => boolean, onEnd: () => void, asks = 0): void {
    if (isDone() || asks === ASKS_MAX) onEnd();
    else {
      ask();
      this.#world.events.after(LOOK_MS, () => this.#patiently(ask, isDone, onEnd, asks + 1));
    }
  }

  #carryAll([key, ...others]: readonly string[], decided: Decided, onEnd: () => void): void {
    if (key === undefined) {
      onEnd();
      return;
    }
    const inEpoch = this.#cluster.proposers.filter(
      proposer => proposer.epochIn(FIRST_GROUP) === decided.epoch,
    );
    if (inEpoch.length === 0) {
      this.#tell(decided);
      this.#world.events.after(LOOK_MS, () => this.#begin());
      return;
    }
    const proposer = this.#world.dice.pick(inEpoch);
    let isOver = false;
    const end = (isRead: boolean): void => {
      if (isOver) return;
      isOver = true;
      if (isRead) this.#carryAll(others, decided, onEnd);
      else this.#world.events.after(LOOK_MS, () => this.#begin());
    };
    proposer.askGroup(FIRST_GROUP, { key, operation: { type: 'state.read' } }, ({ kind }) => {
      end(kind === 'done');
    });
    this.#world.events.after(SILENCE_MS, () => end(false));
  }

  #tell({ epoch, members, joint }: Decided): void {
    if (epoch > FIRST_EPOCH)
      this.#cluster.announce(this.#cluster.first, NAME, { epoch, membership: { epoch, members, joint } });
  }

  /**
   * Again and again, until somebody says how it ended.
   * @param onView gets also the epoch that the proposer who was asked had adopted before.
   */
  #ask(operation: Operation, onView: (view: View, askedIn: number) => void): void {
    const proposer = this.#world.dice.pick(this.#seclusion.others);
    const askedIn = proposer.epochIn(FIRST_GROUP);
    this.#askOnce(proposer, operation, view => {
      if (view !== undefined) onView(view, askedIn);
      // The outcome of a change may be open: it begins again with what there is.
      else if (operation.type === 'variable.read') this.#ask(operation, onView);
      else this.#begin();
    });
  }

  #askOnce(proposer: ProposerNode, operation: Operation, onView: (view: View | undefined) => void): void {
    let isOver = false;
    const end = (view: View | undefined): void => {
      if (isOver) return;
      isOver = true;
      onView(view);
    };
    proposer.askGroup(FIRST_GROUP, { key: MEMBERS_KEY, operation }, given => {
      end(given.kind === 'done' || given.kind === 'refused' ? given.view : undefined);
    });
    this.#world.events.after(SILENCE_MS, () => end(undefined));
  }
}

export function toldBy(disk: Disk, partition: number): Told {
  const holdings = [...disk.keysOf(partition)].map(key => {
    const { promised, accepted, value } = disk.slot(key);
    return { key, promised, accepted, value: accepted.counter > 0 ? value : undefined };
  });
  const { promised: floor, value: remains } = disk.slot(floorName(partition));
  const closedTo = closedOf(disk.slot(CLOSED_NAME)).get(partition) ?? -1;
  return { floor, closedTo, holdings, remains: remains.length === 0 ? undefined : remains };
}
