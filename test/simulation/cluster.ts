// The nodes and what is between them: who hears what of whom, with the monitor beside everything that is said.

import type { AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import type { Bundle } from '../../src/actors/passing.ts';
import type { ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import type { EpochNote } from '../../src/protocol/membership.ts';
import type { Hello, Stamp } from '../../src/protocol/memory.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { CommandEnvelope } from '../../src/transport/message-codec.ts';
import { AcceptorNode } from './acceptor-node.ts';
import { describeCommand, describeNote, describeReply } from './description.ts';
import type { Disk } from './disk.ts';
import { Monitor } from './monitor.ts';
import { Network } from './network.ts';
import { type Asked, ProposerNode } from './proposer-node.ts';
import { codecWire, OBJECTS, type Wire } from './wire.ts';
import type { World } from './world.ts';

/** A group of acceptors, with the monitor beside everything that is said in it. */
export interface Group {
  readonly name: string;
  readonly configuration: Configuration;
  readonly acceptors: readonly AcceptorNode[];
  readonly monitor: Monitor;
  readonly wire: Wire;
}

/** Who changes the members. */
export const OPERATOR = 'operator';
/** Who collects registers. */
export const COLLECTOR = 'collector';

interface Commanding {
  /** One acceptor, or ALL. */
  readonly recipient: string;
  readonly commands: readonly Command[];
  readonly onReply: (acceptor: string, reply: Reply) => void;
}

/** Those that can be made members. */
const SPARE_ACCEPTORS = 3;
const GROUPS = [
  { group: FIRST_GROUP, letter: 'a' },
  { group: 'second', letter: 'x' },
  { group: 'third', letter: 'y' },
];

export class Cluster {
  readonly groups: readonly Group[];
  readonly proposers: readonly ProposerNode[];
  readonly network: Network;
  /** Whether commands to the first group are lost for what they are. */
  isHeldBack: (proposer: string, acceptor: string, commands: readonly Command[]) => boolean = () => false;
  readonly #world: World;
  /** What was asked last, by who asked it. */
  readonly #commanded = new Map<
    string,
    { readonly epoch: number; readonly onReply: Commanding['onReply'] }
  >();
  /** By the reply subjects of their requests. */
  readonly #asked: Asked[] = [];

  constructor(world: World) {
    const { plan } = world;
    this.#world = world;
    this.network = new Network(world);
    this.groups = GROUPS.slice(0, plan.groups).map((group, i) => this.#newGroup(group, i === 0));
    const configurations = new Map(this.groups.map(({ name, configuration }) => [name, configuration]));
    this.proposers = namesOf('p', plan.proposers).map(name => {
      return new ProposerNode(world, {
        name,
        configurations,
        send: (group, incarnation, outputs) => this.#ask(this.group(group), { name, incarnation }, outputs),
        tell: (incarnation, bundle) => this.#tell(name, incarnation, bundle),
        askedBy: reply => at(this.#asked, Number(reply)),
        announce: (group, note) => this.announce(this.group(group), name, note),
      });
    });
  }

  get acceptors(): readonly AcceptorNode[] {
    return this.groups.flatMap(({ acceptors }) => acceptors);
  }

  get first(): Group {
    return this.group(FIRST_GROUP);
  }

  group(name: string): Group {
    const group = this.groups.find(candidate => candidate.name === name);
    if (group === undefined) throw new RangeError(`There is no group ${name}`);
    return group;
  }

  #newGroup({ group, letter }: (typeof GROUPS)[number], isFirst: boolean): Group {
    const { plan } = this.#world;
    const names = namesOf(letter, plan.acceptors);
    const spares = isFirst && plan.memberChanges > 0 ? SPARE_ACCEPTORS : 0;
    const configuration: Configuration = { cluster: `simulated/${group}`, epoch: 1, acceptors: names };
    const monitor = new Monitor(this.#world, configuration);
    const acceptors = namesOf(letter, plan.acceptors + spares).map(name => {
      return new AcceptorNode(this.#world, {
        name,
        configuration,
        onDurable: (key, change) => monitor.durable(name, key, change),
        send: (outputs, spoken) => this.#reply(this.group(group), name, outputs, spoken),
        tell: (hello, recipient) => this.#hello(this.group(group), name, hello, recipient),
        announce: note => this.announce(this.group(group), name, note),
        isFirst: names.includes(name),
      });
    });
    const wire = plan.usesCodec ? codecWire(configuration) : OBJECTS;
    return { name: group, configuration, acceptors, monitor, wire };
  }

  /** A client's request to any proposer, as a queue group hands it out. */
  request(client: string, asked: Asked): void {
    const proposer = this.#world.dice.pick(this.proposers);
    const answer: Asked['answer'] = (answer, from) => {
      const arrive = (): void => asked.answer(answer, from);
      this.network.send({ from, to: client, mayDouble: true, arrive });
    };
    const reply = String(this.#asked.push({ ...asked, answer }) - 1);
    const arrive = (): void => proposer.request(reply);
    this.network.send({ from: client, to: proposer.name, mayDouble: false, arrive });
  }

  /** A request that this proposer serves itself. */
  requestOf(proposer: ProposerNode, client: string, asked: Asked): void {
    const reply = String(this.#asked.push(asked) - 1);
    const arrive = (): void => proposer.serveItself(reply);
    this.network.send({ from: client, to: proposer.name, mayDouble: false, arrive });
  }

  /** Commands to a group of somebody who is no proposer. @param onReply takes the replies. */
  command(
    from: string,
    { group, epoch }: { readonly group: string; readonly epoch: number },
    { recipient, commands, onReply }: Commanding,
  ): void {
    this.#commanded.set(from, { epoch, onReply });
    const { acceptors, wire } = this.group(group);
    this.#world.trace.note(from, () => `→ ${recipient} ${commands.map(describeCommand).join('; ')}`);
    const said = wire.commands({ epoch, sender: from, recipient, items: commands, news: [] });
    for (const acceptor of acceptors)
      if (recipient === ALL || recipient === acceptor.name) this.#command(from, acceptor, said);
  }

  /** One that was removed is let go, and its name is given to another. */
  renew(acceptor: AcceptorNode): void {
    acceptor.renew();
    this.first.monitor.renewed(acceptor.name, acceptor.store);
    this.#world.coverage.count('name of a removed member given to another');
  }

  /** What one says of its epoch, to all others. */
  announce({ name, acceptors, wire }: Group, from: string, note: EpochNote): void {
    this.#world.trace.note(from, () => `→ * epoch ${note.epoch}`);
    const said = wire.epoch(from, note);
    for (const node of acceptors) {
      if (node.name === from) continue;
      this.network.send({ from, to: node.name, mayDouble: true, arrive: () => node.learn(said) });
    }
    for (const node of this.proposers) {
      if (node.name === from) continue;
      this.network.send({ from, to: node.name, mayDouble: true, arrive: () => node.learn(name, said) });
    }
  }

  #ask(
    { acceptors, monitor, wire }: Group,
    { name, incarnation }: { readonly name: string; readonly incarnation: string },
    outputs: readonly ProposerOutput[],
  ): void {
    monitor.outputs(incarnation, outputs);
    for (const output of outputs) {
      if (output.kind !== 'commands') continue;
      const { acceptor: recipient, epoch, commands, reserve, news } = output;
      this.#world.trace.note(name, () => `→ ${recipient} ${commands.map(describeCommand).join('; ')}`);
      const envelope = wire.commands({
        epoch,
        sender: incarnation,
        recipient,
        items: commands,
        reserve,
        news,
      });
      for (const acceptor of acceptors) {
        const isMeant = recipient === ALL || recipient === acceptor.name;
        if (isMeant && !this.isHeldBack(name, acceptor.name, commands))
          this.#command(name, acceptor, envelope);
      }
    }
  }

  #command(from: string, acceptor: AcceptorNode, envelope: CommandEnvelope): void {
    const arrive = (): void => acceptor.receive(envelope);
    this.network.send({ from, to: acceptor.name, mayDouble: true, arrive });
  }

  /** What a proposer has for another, or for all others. */
  #tell(from: string, sender: string, { recipient, notes }: Bundle): void {
    const items = this.first.wire.notes({ sender, recipient, items: notes });
    for (const node of this.proposers) {
      if (node.name === from || !(recipient === ALL || recipient.endsWith(`-${node.name}`))) continue;
      this.#world.trace.note(from, () => `→ ${recipient} ${notes.map(describeNote).join('; ')}`);
      const arrive = (): void => node.hear({ sender, recipient, notes: items });
      this.network.send({ from, to: node.name, mayDouble: true, arrive });
    }
  }

  /** What an acceptor has for another, or for all others. */
  #hello({ acceptors, wire }: Group, from: string, hello: Hello, recipient: string): void {
    const said = wire.hello(hello, recipient);
    for (const acceptor of acceptors) {
      if (acceptor.name === from || !(recipient === ALL || recipient === acceptor.name)) continue;
      const arrive = (): void => acceptor.hear(said);
      this.network.send({ from, to: acceptor.name, mayDouble: true, arrive });
    }
  }

  /**
   * Empties the disk of an acceptor that is down, or takes it back in time if that must be noticed: those who would have
   * to answer at its next start know better, or the only proposer there is does.
   */
  forget(acceptor: AcceptorNode): void {
    const { proposers } = this;
    const { acceptors } = this.first;
    const forgetful = acceptors.filter(({ hasForgotten }) => hasForgotten);
    const minority = Math.floor((acceptors.length - 1) / 2);
    if (forgetful.length >= minority || forgetful.some(({ isQuarantined }) => !isQuarantined)) return;
    const { dice, plan } = this.#world;
    // Whoever loses its disk while the cluster is being formed stops that, and a person must begin again.
    if (!acceptors.every(({ hasVoted }) => hasVoted)) return;
    if (dice.chance(0.2)) {
      acceptor.lose();
      this.first.monitor.forgot(acceptor.name, { isKnownToPeers: true });
      return;
    }
    const only =
      proposers.length === 1 && plan.faults.proposerCrashes === undefined ? proposers[0] : undefined;
    const { commits, firstCommits } = acceptor.disk;
    const byPeers = Math.min(commits, this.#knownByAnyQuorum(acceptor)) - 1;
    const byProposer = Math.min(commits, only?.seenOf(acceptor.name) ?? 0) - 1;
    const mostRecent = byPeers < firstCommits || dice.chance(0.5) ? byProposer : byPeers;
    if (mostRecent < firstCommits) return;
    const target = Math.max(firstCommits, mostRecent - (dice.chance(0.5) ? 0 : dice.whole(0, 20)));
    acceptor.forget(target);
    this.first.monitor.forgot(acceptor.name, { isKnownToPeers: target <= byPeers });
  }

  /** Up to which commit of the acceptor somebody knows among any that could answer it at its start. */
  #knownByAnyQuorum(acceptor: AcceptorNode): number {
    const { acceptors } = this.first;
    const others = acceptors.filter(other => other !== acceptor && !other.hasForgotten);
    const known = others.map(other => other.disk.knownOf(acceptor.name)).sort((a, b) => a - b);
    const answersNeeded = Math.floor(acceptors.length / 2);
    return known[answersNeeded - 1] ?? 0;
  }

  #reply(
    { name, monitor, wire }: Group,
    from: string,
    outputs: readonly AcceptorOutput[],
    { disk, stamp }: { disk: Disk; stamp: Stamp },
  ): void {
    monitor.replies(from, outputs, disk);
    for (const { proposer: incarnation, epoch, replies } of outputs) {
      if (incarnation === OPERATOR || incarnation === COLLECTOR) {
        const arrive = (): void => {
          const asked = this.#commanded.get(incarnation);
          for (const reply of asked?.epoch === epoch ? replies : []) asked?.onReply(from, reply);
        };
        this.network.send({ from, to: incarnation, mayDouble: true, arrive });
      }
      const node = this.proposers.find(proposer => incarnation.endsWith(`-${proposer.name}`));
      if (node === undefined) continue;
      this.#world.trace.note(from, () => `→ ${incarnation} ${replies.map(describeReply).join('; ')}`);
      const envelope = wire.replies({
        epoch,
        sender: from,
        recipient: incarnation,
        items: replies,
        stamp,
      });
      const arrive = (): void => node.receive(name, envelope);
      this.network.send({ from, to: node.name, mayDouble: true, arrive });
    }
  }
}

function at(asked: readonly Asked[], number: number): Asked {
  const found = asked[number];
  if (found === undefined) throw new RangeError(`Nobody asked request ${number}`);
  return found;
}

function namesOf(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}
