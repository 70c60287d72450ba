// Brings the faults of the plan over the cluster, until it is healed.

import type { AcceptorNode } from './acceptor-node.ts';
import type { Cluster } from './cluster.ts';
import type { Recurring } from './plan.ts';
import type { ProposerNode } from './proposer-node.ts';
import type { World } from './world.ts';

type Node = AcceptorNode | ProposerNode;
type Link = readonly [from: string, to: string];

export class Faults {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #downForGood = new Set<Node>();
  #isOver = false;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    const { partitions, acceptorCrashes, proposerCrashes, pauses, clockJumps, fullDisks } = world.plan.faults;
    const { acceptors, proposers } = cluster;
    this.#repeat(partitions, forMs => this.#partition(forMs));
    this.#repeat(acceptorCrashes, forMs => this.#crashAcceptor(world.dice.pick(acceptors), forMs));
    this.#repeat(proposerCrashes, forMs => this.#crash(world.dice.pick(proposers), forMs));
    this.#repeat(pauses, forMs => this.#pause(this.#anyNode(), forMs));
    this.#repeat(clockJumps, forMs => this.#jump(this.#anyNode(), forMs));
    this.#repeat(fullDisks, forMs => this.#fill(forMs));
  }

  /** Ends the faults: everybody hears everybody and is up, but for a minority of acceptors at most. */
  heal(): void {
    const { trace } = this.#world;
    const { acceptors, groups, proposers, network } = this.#cluster;
    trace.note('', () => '───────── the faults end');
    this.#isOver = true;
    network.heal();
    for (const group of groups) this.#leaveDown(group.acceptors);
    for (const node of [...acceptors, ...proposers]) this.#restart(node);
    for (const acceptor of acceptors) acceptor.isFull = false;
  }

  /** A minority of a group at most. */
  #leaveDown(acceptors: readonly AcceptorNode[]): void {
    const { dice, coverage, plan } = this.#world;
    const minority = plan.memberChanges > 0 ? 0 : Math.floor((acceptors.length - 1) / 2);
    const forgetful = acceptors.filter(({ hasForgotten }) => hasForgotten);
    const first = dice.below(acceptors.length);
    const inTurn = [...acceptors.slice(first), ...acceptors.slice(0, first)];
    const well = inTurn.filter(({ hasForgotten }) => !hasForgotten);
    // Until all have met, all are needed.
    const most = acceptors.every(({ hasVoted }) => hasVoted) ? minority - forgetful.length : 0;
    for (const acceptor of well.slice(0, dice.below(most + 1))) {
      coverage.count('acceptor down for good');
      acceptor.crash();
      this.#downForGood.add(acceptor);
    }
  }

  #repeat(fault: Recurring | undefined, strike: (forMs: number) => void): void {
    if (fault === undefined) return;
    const { events, dice } = this.#world;
    events.after(dice.between(0, 2 * fault.everyMs), () => {
      if (this.#isOver) return;
      strike(dice.between(0, fault.forMs));
      this.#repeat(fault, strike);
    });
  }

  #anyNode(): Node {
    return this.#world.dice.pick([...this.#cluster.acceptors, ...this.#cluster.proposers]);
  }

  #crashAcceptor(acceptor: AcceptorNode, forMs: number): void {
    const { dice, plan } = this.#world;
    // A second start could hide what only a proposer knows: its numbers catch up meanwhile (A4, what is left).
    if (acceptor.hasForgotten && !acceptor.isQuarantined) return;
    this.#crash(acceptor, forMs);
    if (!acceptor.isQuarantined && dice.chance(plan.faults.rollbacks)) this.#cluster.forget(acceptor);
  }

  #crash(node: Node, forMs: number): void {
    node.crash();
    this.#world.events.after(forMs, () => this.#restart(node));
  }

  #restart(node: Node): void {
    if (!this.#downForGood.has(node)) node.restart();
  }

  #pause(node: Node, forMs: number): void {
    this.#world.coverage.count('pause');
    this.#world.trace.note(node.name, () => `is paused for ${forMs.toFixed(0)} ms`);
    node.process.pauseFor(forMs);
  }

  #jump(node: Node, byMs: number): void {
    this.#world.coverage.count('clock jump');
    this.#world.trace.note(node.name, () => `its clock jumps by ${byMs.toFixed(0)} ms`);
    node.clock.jump(byMs);
  }

  /** One disk is full, or all of them. */
  #fill(forMs: number): void {
    const { acceptors } = this.#cluster;
    const full = this.#world.dice.chance(0.5) ? acceptors : [this.#world.dice.pick(acceptors)];
    this.#world.coverage.count('disk full');
    for (const acceptor of full) {
      this.#world.trace.note(acceptor.name, () => `its disk is full for ${forMs.toFixed(0)} ms`);
      acceptor.isFull = true;
      this.#world.events.after(forMs, () => {
        acceptor.isFull = false;
      });
    }
  }

  #partition(forMs: number): void {
    const { coverage, trace, events } = this.#world;
    const { network } = this.#cluster;
    const links = this.#linksToCut();
    coverage.count('partition');
    trace.note('', () => `cut for ${forMs.toFixed(0)} ms: ${links.map(link => link.join('>')).join(' ')}`);
    network.cut(links);
    events.after(forMs, () => network.mend(links));
  }

  /** In one direction or both: some at random, one acceptor from all, or one proposer from all but one. */
  #linksToCut(): readonly Link[] {
    const { dice } = this.#world;
    const { acceptors, proposers } = this.#cluster;
    const acceptor = dice.pick(acceptors).name;
    const proposer = dice.pick(proposers).name;
    const share = dice.pick([0.2, 0.5, 0.8]);
    const isCut = dice.pick<(from: string, to: string) => boolean>([
      () => dice.chance(share),
      (_, to) => to === acceptor,
      (from, to) => from === proposer && to !== acceptor,
    ]);
    const ways = dice.pick(['both', 'asking', 'answering']);
    const links: Link[] = [];
    for (const { name: from } of proposers) {
      for (const { name: to } of acceptors) {
        if (!isCut(from, to)) continue;
        if (ways !== 'answering') links.push([from, to]);
        if (ways !== 'asking') links.push([to, from]);
      }
    }
    return links;
  }
}
