// Collects registers that are unset, again and again while everything else goes on: reads a key at all acceptors of an
// epoch, and where they agree has them drop it. As node/collector.ts does it, but that it waits for no time to pass.

import { UNSET_MS } from '../../src/protocol/collected.ts';
import { Collecting } from '../../src/protocol/collecting.ts';
import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL } from '../../src/transport/message-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { type Cluster, COLLECTOR } from './cluster.ts';
import type { World } from './world.ts';

const LOOK_MS = 20;
const ASKS_MAX = 5;
/** By so much a ballot is above what was accepted: sometimes below what was promised since. */
const ABOVE_MAX = 30;

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
      const configuration = dice.pick(this.#cluster.proposers).configurationOf(FIRST_GROUP);
      this.#read(key, configuration, collecting => {
        const lacking = configuration.acceptors.filter(name => collecting.copiesFor(name).length > 0);
        if (lacking.length === 0) this.#collect(collecting, configuration);
        else {
          for (const name of lacking) this.#send(name, collecting.copiesFor(name), configuration);
          events.after(LOOK_MS, () =>
            this.#read(key, configuration, next => this.#collect(next, configuration)),
          );
        }
      });
    });
  }

  #read(key: string, configuration: Configuration, onEnd: (collecting: Collecting) => void): void {
    this.#serial += 1;
    // The virtual time of a run is shorter than what an unset register is kept for.
    const nowMs = Number.MAX_SAFE_INTEGER - UNSET_MS;
    const codec = { encode: encodeState, decode: decodeState };
    const collecting = new Collecting({ configuration, keys: [key], serial: this.#serial, codec, nowMs });
    const ask = (asks: number): void => {
      if (collecting.isAnswered || asks === ASKS_MAX) {
        onEnd(collecting);
        return;
      }
      this.#send(ALL, collecting.reads, configuration, (acceptor, reply) =>
        collecting.receive(acceptor, reply),
      );
      this.#world.events.after(LOOK_MS, () => ask(asks + 1));
    };
    ask(0);
  }

  #collect(collecting: Collecting, configuration: Configuration): void {
    const { dice, coverage } = this.#world;
    const [due] = collecting.due;
    if (due !== undefined) {
      const counter = due.accepted.counter + dice.whole(1, ABOVE_MAX);
      coverage.count('register found collectible');
      this.#send(ALL, collecting.collects({ counter, proposer: COLLECTOR }), configuration);
    }
    this.#later();
  }

  #send(
    recipient: string,
    commands: readonly Command[],
    { epoch }: Configuration,
    onReply: (acceptor: string, reply: Reply) => void = () => {},
  ): void {
    this.#cluster.command(COLLECTOR, epoch, { recipient, commands, onReply });
  }
}
