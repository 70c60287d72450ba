// Over a whole change of members one acceptor that stays, and one proposer, hear nobody but each other. Before, the proposer
// writes a key of its own: it is promised a ballot by that acceptor and by one that is let go, and the first alone accepts it.
// The promise of the other is all that tells of it, and must bind the members after (C5), among whom the key is written next.

import type { Command } from '../../src/protocol/messages.ts';
import { type Cluster, OPERATOR } from './cluster.ts';
import type { ProposerNode } from './proposer-node.ts';
import type { World } from './world.ts';

interface Secluded {
  readonly staying: string;
  readonly leaving: string;
  readonly proposer: ProposerNode;
}

type Link = readonly [from: string, to: string];

const NAME = 'recluse';
const TOGETHER_MS_MAX = 80;
const WRITE_MS_MAX = 150;
/** So many reads of other keys make the ballots of a proposer higher than those of others that do as much. */
const AHEAD = 30;
const WRITES_AFTER = 3;

export class Seclusion {
  readonly #world: World;
  readonly #cluster: Cluster;
  #links: readonly Link[] = [];
  /** It is not asked for anything by whoever changes the members. */
  #secluded: ProposerNode | undefined;
  /** The key of this change. */
  #number = 0;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** @param onSecluded is called when the change may begin. */
  begin({ staying, leaving, proposer }: Secluded, onSecluded: () => void): void {
    const { events, dice, coverage, trace } = this.#world;
    const { name } = proposer;
    this.#number += 1;
    this.#secluded = proposer;
    coverage.count('members changed behind the back of one');
    trace.note(staying, () => `hears ${name} alone, which also hears ${leaving} for a while`);
    this.#cut([
      ...this.#both([staying], this.#all(staying, name)),
      ...this.#both([name], this.#all(name, staying, leaving)),
    ]);
    const isAccept = ({ kind }: Command): boolean => kind === 'accept';
    this.#cluster.isHeldBack = (from, to, commands) =>
      from === name && to === leaving && commands.some(isAccept);
    for (let i = 1; i <= AHEAD; i++) this.#ask(proposer, `${NAME}.${i}`, false);
    this.#ask(proposer, this.#key, true);
    events.after(dice.between(TOGETHER_MS_MAX / 4, TOGETHER_MS_MAX), () => {
      this.#cut(this.#both([name], [leaving]));
      onSecluded();
    });
  }

  /** The change is over: the key is written, all hear each other again, and it is written again. */
  end(): void {
    const { events, dice } = this.#world;
    const links = this.#links;
    this.#links = [];
    this.#cluster.isHeldBack = () => false;
    if (links.length === 0) return;
    const key = this.#key;
    for (const proposer of this.#cluster.proposers) this.#ask(proposer, key, true);
    events.after(dice.between(0, WRITE_MS_MAX), () => this.#cluster.network.mend(links));
    for (let i = 1; i <= WRITES_AFTER; i++)
      events.after(WRITE_MS_MAX * i, () => this.#ask(dice.pick(this.#cluster.proposers), key, true));
    events.after(WRITE_MS_MAX * (WRITES_AFTER + 1), () => {
      this.#secluded = undefined;
    });
  }

  /** From now on nothing is held back. */
  heal(): void {
    this.#secluded = undefined;
    this.#cluster.isHeldBack = () => false;
  }

  /** What belongs to it is not over. */
  get isUnderWay(): boolean {
    return this.#secluded !== undefined;
  }

  /** Those that hear the others. */
  get others(): readonly ProposerNode[] {
    return this.#cluster.proposers.filter(proposer => proposer !== this.#secluded);
  }

  get #key(): string {
    return `${NAME}.key${this.#number}`;
  }

  /** The monitor judges what comes of it. */
  #ask(proposer: ProposerNode, key: string, isWrite: boolean): void {
    this.#cluster.requestOf(proposer, NAME, {
      key,
      request: {
        operation: isWrite ? { type: 'variable.write', value: proposer.name } : { type: 'variable.read' },
        id: undefined,
      },
      timeoutMs: WRITE_MS_MAX,
      answer: () => undefined,
    });
  }

  #cut(links: readonly Link[]): void {
    this.#links = [...this.#links, ...links];
    this.#cluster.network.cut(links);
  }

  #all(...but: readonly string[]): readonly string[] {
    const { first, proposers } = this.#cluster;
    const names = [...first.acceptors, ...proposers].map(({ name }) => name);
    return [...names, OPERATOR].filter(name => !but.includes(name));
  }

  #both(some: readonly string[], others: readonly string[]): readonly Link[] {
    return some.flatMap(one => others.flatMap(other => [[one, other] as const, [other, one] as const]));
  }
}
