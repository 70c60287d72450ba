// Collects registers that are unset, again and again while everything else goes on: reads a key at all acceptors of an
// epoch, and where they agree has them drop it. As node/scan/collector.ts does it, but that it waits for no time to pass.

import { UNSET_MS } from '../../src/protocol/collected.ts';
import { Collecting } from '../../src/protocol/collecting.ts';
import { collectibleStay, placeOf } from '../../src/protocol/group-map.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { nameIn, stayOf } from '../../src/protocol/stays.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { type Cluster, COLLECTOR } from './cluster.ts';
import type { World } from './world.ts';

const LOOK_MS = 20;
const ASKS_MAX = 5;
/** By so much a ballot is above what was accepted: sometimes below what was promised since. */
const ABOVE_MAX = 30;

/** What is looked at: a register of a group by its name there. */
interface Looked {
  readonly group: string;
  readonly configuration: Configuration;
  readonly name: string;
}

export class Collector {
  readonly #world: World;
  readonly #cluster: Cluster;
  #serial = 0;
  #isOver = false;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#later();
  }

  finish(): void {
    this.#isOver = true;
  }

  #later(): void {
    const { everyMs } = this.#world.plan.collects ?? {};
    if (everyMs === undefined || this.#isOver) return;
    const { events, dice } = this.#world;
    events.after(dice.between(0, 2 * everyMs), () => {
      const { key } = dice.pick(this.#world.plan.keys);
      const proposer = dice.pick(this.#cluster.proposers);
      const partition = partitionOf(key);
      // Where it is to the knowledge of a proposer, which may be old.
      const { group } = placeOf(proposer.map, partition);
      const stay = collectibleStay(proposer.map, group, partition);
      if (stay === undefined) {
        this.#later();
        return;
      }
      const at = { group, configuration: proposer.configurationOf(group), name: nameIn(stay, key) };
      this.#read(at, collecting => {
        const { acceptors } = at.configuration;
        const lacking = acceptors.filter(name => collecting.copiesFor(name).length > 0);
        if (lacking.length === 0) this.#collect(collecting, at);
        else {
          for (const name of lacking) this.#send(name, collecting.copiesFor(name), at);
          events.after(LOOK_MS, () => this.#read(at, next => this.#collect(next, at)));
        }
      });
    });
  }

  #read(at: Looked, onEnd: (collecting: Collecting) => void): void {
    const { configuration, name } = at;
    this.#serial += 1;
    // The virtual time of a run is shorter than what an unset register is kept for.
    const nowMs = Number.MAX_SAFE_INTEGER - UNSET_MS;
    const codec = { encode: encodeState, decode: decodeState };
    const collecting = new Collecting({ configuration, keys: [name], serial: this.#serial, codec, nowMs });
    const ask = (asks: number): void => {
      if (collecting.isAnswered || asks === ASKS_MAX) {
        onEnd(collecting);
        return;
      }
      this.#send(ALL, collecting.reads, at, (acceptor, reply) => collecting.receive(acceptor, reply));
      this.#world.events.after(LOOK_MS, () => ask(asks + 1));
    };
    ask(0);
  }

  #collect(collecting: Collecting, at: Looked): void {
    const { dice, coverage } = this.#world;
    const [due] = collecting.due;
    if (due !== undefined) {
      const counter = due.accepted.counter + dice.whole(1, ABOVE_MAX);
      coverage.count('register found collectible');
      if (stayOf(at.name) !== 0) coverage.count('register found collectible where it was moved to');
      this.#send(ALL, collecting.collects({ counter, proposer: COLLECTOR }), at);
    }
    this.#later();
  }

  #send(
    recipient: string,
    commands: readonly Command[],
    { group, configuration: { epoch } }: Looked,
    onReply: (acceptor: string, reply: Reply) => void = () => {},
  ): void {
    this.#cluster.command(COLLECTOR, { group, epoch }, { recipient, commands, onReply });
  }
}
