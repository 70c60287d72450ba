// The nodes and what is between them: who hears what of whom, with the monitor beside everything that is said.

import type { AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import type { Bundle } from '../../src/actors/passing.ts';
import type { ProposerOutput } from '../../src/actors/proposer-actor.ts';
import type { Command } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL } from '../../src/transport/message-codec.ts';
import { AcceptorNode } from './acceptor-node.ts';
import { describeCommand, describeNote, describeReply } from './description.ts';
import type { Disk } from './disk.ts';
import { Monitor } from './monitor.ts';
import { Network } from './network.ts';
import { type Asked, ProposerNode } from './proposer-node.ts';
import { codecWire, OBJECTS, type Wire } from './wire.ts';
import type { World } from './world.ts';

export class Cluster {
  readonly acceptors: readonly AcceptorNode[];
  readonly proposers: readonly ProposerNode[];
  readonly network: Network;
  readonly #world: World;
  readonly #monitor: Monitor;
  readonly #wire: Wire;
  /** By the reply subjects of their requests. */
  readonly #asked: Asked[] = [];

  constructor(world: World) {
    const { plan } = world;
    const names = namesOf('a', plan.acceptors);
    const configuration: Configuration = { cluster: 'simulated', epoch: 1, acceptors: names };
    this.#world = world;
    this.#monitor = new Monitor(world);
    this.#wire = plan.usesCodec ? codecWire(configuration) : OBJECTS;
    this.network = new Network(world);
    this.acceptors = names.map(name => {
      return new AcceptorNode(world, {
        name,
        onDurable: (key, change) => this.#monitor.durable(name, key, change),
        send: (outputs, disk) => this.#reply(name, outputs, disk),
      });
    });
    this.proposers = namesOf('p', plan.proposers).map(name => {
      const send = (incarnation: string, outputs: readonly ProposerOutput[]): void =>
        this.#ask(name, incarnation, outputs);
      const tell = (incarnation: string, bundle: Bundle): void => this.#tell(name, incarnation, bundle);
      const askedBy = (reply: string): Asked => at(this.#asked, Number(reply));
      return new ProposerNode(world, { name, configuration, send, tell, askedBy });
    });
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

  #ask(name: string, incarnation: string, outputs: readonly ProposerOutput[]): void {
    this.#monitor.outputs(incarnation, outputs);
    for (const output of outputs) {
      if (output.kind !== 'commands') continue;
      const { acceptor: recipient, commands } = output;
      const group = this.acceptors.filter(acceptor => recipient === ALL || recipient === acceptor.name);
      this.#world.trace.note(name, () => `→ ${recipient} ${commands.map(describeCommand).join('; ')}`);
      const items = this.#wire.commands({ sender: incarnation, recipient, items: commands });
      for (const acceptor of group) this.#command(name, acceptor, { incarnation, items });
    }
  }

  #command(
    from: string,
    acceptor: AcceptorNode,
    { incarnation, items }: { incarnation: string; items: readonly Command[] },
  ): void {
    const arrive = (): void => acceptor.receive(incarnation, items);
    this.network.send({ from, to: acceptor.name, mayDouble: true, arrive });
  }

  /** What a proposer has for another, or for all others. */
  #tell(from: string, sender: string, { recipient, notes }: Bundle): void {
    const items = this.#wire.notes({ sender, recipient, items: notes });
    for (const node of this.proposers) {
      if (node.name === from || !(recipient === ALL || recipient.endsWith(`-${node.name}`))) continue;
      this.#world.trace.note(from, () => `→ ${recipient} ${notes.map(describeNote).join('; ')}`);
      const arrive = (): void => node.hear({ sender, recipient, notes: items });
      this.network.send({ from, to: node.name, mayDouble: true, arrive });
    }
  }

  #reply(from: string, outputs: readonly AcceptorOutput[], disk: Disk): void {
    this.#monitor.replies(from, outputs, disk);
    for (const { proposer: incarnation, replies } of outputs) {
      const node = this.proposers.find(proposer => incarnation.endsWith(`-${proposer.name}`));
      if (node === undefined) continue;
      this.#world.trace.note(from, () => `→ ${incarnation} ${replies.map(describeReply).join('; ')}`);
      const items = this.#wire.replies({ sender: from, recipient: incarnation, items: replies });
      const arrive = (): void => node.receive(incarnation, from, items);
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
