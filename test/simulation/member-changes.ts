// Changes the members again and again while everything else goes on: decides a joint epoch, brings every key over, decides
// the last one. Whoever does it may stop at any point, and somebody else goes on from what was decided. The keys are
// listed straight from the disks of acceptors that vote in the joint epoch; the rest goes over the network.

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
import type { Operation } from '../../src/protocol/operation.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import { FIRST_EPOCH, isQuorum } from '../../src/protocol/quorum.ts';
import type { View } from '../../src/protocol/state.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import type { Cluster } from './cluster.ts';
import type { ProposerNode } from './proposer-node.ts';
import type { World } from './world.ts';

const EVERY_MS_MAX = 400;
const SILENCE_MS = 150;
const LOOK_MS = 20;
const ACCEPTORS_MAX = 5;
const NAME = 'operator';

export class MemberChanges {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #first: Decided;
  /** How many changes are still to be begun. */
  #left: number;
  #isOver = false;
  #isBusy = false;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#left = world.plan.memberChanges;
    const members = cluster.acceptors
      .slice(0, world.plan.acceptors)
      .map(({ name, store }) => [name, store] as const);
    this.#first = { epoch: FIRST_EPOCH, members: new Map(members), joint: undefined, carried: [] };
    if (this.#left > 0) this.#later();
  }

  /** A change is under way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What is under way is brought to an end; nothing more is begun. */
  finish(): void {
    this.#isOver = true;
  }

  #later(): void {
    const { events, dice } = this.#world;
    events.after(dice.between(0, EVERY_MS_MAX), () => this.#begin());
  }

  /** From what was decided, which may be the half of a change that another left. */
  #begin(): void {
    this.#ask({ type: 'variable.read' }, view => {
      const decided = view.set ? decidedOf(view.value) : this.#first;
      this.#tell(decided);
      if (decided.joint !== undefined) this.#carry(decided, view.version);
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
    this.#decide(joined(decided, change), version);
  }

  #anyChange({ members }: Decided): Change {
    const { dice } = this.#world;
    const names = [...members.keys()];
    const spare = this.#cluster.acceptors.find(({ name, hasVoted }) => !hasVoted && !members.has(name));
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
      if (decided.joint === undefined) coverage.count('members changed');
      // Whoever did it is gone, and has told nobody.
      if (dice.chance(0.2)) {
        coverage.count('change of members left to another');
        this.#later();
      } else this.#begin();
    });
  }

  /** C3: every key that any quorum of the members before may have, read under the joint quorums. */
  #carry(decided: Decided, version: number): void {
    const { epoch } = decided;
    const voting = this.#cluster.acceptors.filter(acceptor => acceptor.votesIn === epoch);
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
    const keys = new Set<string>();
    for (const { disk } of voting) for (const key of disk.keys()) keys.add(key);
    this.#carryAll([...keys], decided, () => {
      const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
      this.#decide(settledOf(all.reduce(withCarried, decided)), version);
    });
  }

  #carryAll([key, ...others]: readonly string[], decided: Decided, onEnd: () => void): void {
    if (key === undefined) {
      onEnd();
      return;
    }
    const inEpoch = this.#cluster.proposers.filter(({ epoch }) => epoch === decided.epoch);
    if (inEpoch.length === 0) {
      this.#tell(decided);
      this.#world.events.after(LOOK_MS, () => this.#begin());
      return;
    }
    const proposer = this.#world.dice.pick(inEpoch);
    this.#askOnce(proposer, key, { type: 'variable.read' }, view => {
      if (view === undefined) this.#world.events.after(LOOK_MS, () => this.#begin());
      else this.#carryAll(others, decided, onEnd);
    });
  }

  #tell({ epoch, members, joint }: Decided): void {
    if (epoch > FIRST_EPOCH) this.#cluster.announce(NAME, { epoch, membership: { epoch, members, joint } });
  }

  /** Again and again, until somebody says how it ended. */
  #ask(operation: Operation, onView: (view: View) => void): void {
    const proposer = this.#world.dice.pick(this.#cluster.proposers);
    this.#askOnce(proposer, MEMBERS_KEY, operation, view => {
      if (view !== undefined) onView(view);
      // The outcome of a change may be open: it begins again with what there is.
      else if (operation.type === 'variable.read') this.#ask(operation, onView);
      else this.#begin();
    });
  }

  #askOnce(
    proposer: ProposerNode,
    key: string,
    operation: Operation,
    onView: (view: View | undefined) => void,
  ): void {
    let isOver = false;
    const end = (view: View | undefined): void => {
      if (isOver) return;
      isOver = true;
      onView(view);
    };
    const answer = (given: ServiceAnswer): void => {
      end(given.kind === 'done' || given.kind === 'refused' ? given.view : undefined);
    };
    const asked = { key, request: { operation, id: undefined }, timeoutMs: SILENCE_MS, answer };
    this.#cluster.requestOf(proposer, NAME, asked);
    this.#world.events.after(SILENCE_MS, () => end(undefined));
  }
}
