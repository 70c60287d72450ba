// One register, as a client reads it and as each acceptor holds it. Reads alone.

import type { Client } from '../client/client.ts';
import { RefusedError, SynodError } from '../client/errors.ts';
import type { State } from '../client/state.ts';
import { NatsQuestioner } from '../node/operator/questioner.ts';
import { clusterOf } from '../protocol/group-map.ts';
import { partitionOf } from '../protocol/partition.ts';
import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { keyProblem } from '../transport/subjects.ts';
import type { Transport } from '../transport/transport.ts';

interface InspectorParts {
  readonly cluster: string;
  readonly transport: Transport;
  readonly client: Client;
}

/** An acceptor that may hold the key, under the name that it has there. */
export interface Holder {
  readonly group: string;
  readonly acceptor: string;
  readonly name: string;
}

export interface Held {
  readonly acceptor: string;
  readonly group: string;
  /** `nothing`: it has accepted nothing for the key. */
  readonly answer: 'held' | 'nothing' | 'silent';
  readonly counter: number | null;
  readonly proposer: string | null;
  /** Of the value: the same for the same. */
  readonly digest: string | null;
}

export interface Inspected {
  readonly key: string;
  readonly partition: number;
  /** The groups that keep the partition: two while it is on its way from the second to the first. */
  readonly groups: readonly string[];
  /** As a client reads it, through a quorum; null when that failed. */
  readonly state: {
    readonly kind: string;
    readonly set: boolean;
    readonly value: unknown;
    readonly version: number;
  } | null;
  /** Why it could not be read; ''. */
  readonly problem: string;
  readonly held: readonly Held[];
}

const READ_MS = 2000;
/** A silent acceptor is shown as silent, and nobody waits for it. */
const PATIENCE = { timeoutMs: 1000, tries: 1 };

export class Inspector {
  readonly #parts: InspectorParts;
  readonly #questioners = new Map<string, NatsQuestioner>();
  /** One after the other: a questioner waits for one answer at a time. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: InspectorParts) {
    this.#parts = parts;
  }

  /** @returns a sentence for what is no key. */
  inspect(key: string, holders: () => readonly Holder[]): Promise<Inspected | string> {
    const problem = keyProblem(key);
    if (problem !== undefined) return Promise.resolve(`The key ${problem}.`);
    const inspected = this.#before.then(() => this.#inspect(key, holders()));
    this.#before = inspected.catch(() => undefined);
    return inspected;
  }

  async #inspect(key: string, holders: readonly Holder[]): Promise<Inspected> {
    const [read, ...held] = await Promise.all([
      this.#read(key),
      ...holders.map(holder => this.#held(holder)),
    ]);
    const groups = [...new Set(holders.map(({ group }) => group))];
    return { key, partition: partitionOf(key), groups, ...read, held };
  }

  async #read(key: string): Promise<Pick<Inspected, 'state' | 'problem'>> {
    const { client } = this.#parts;
    const options = { timeoutMs: READ_MS };
    const reads: readonly (readonly [string, () => Promise<State<unknown>>])[] = [
      ['variable', () => client.variable(key).read(options)],
      ['register', () => client.register(key).read(options)],
      ['switch', async () => ({ set: await client.switch(key).read(options), value: undefined, version: 1 })],
    ];
    for (const [kind, read] of reads) {
      try {
        return { state: { kind, ...(await read()) }, problem: '' };
      } catch (error) {
        if (error instanceof RefusedError && error.code === 'wrong_kind') continue;
        if (error instanceof SynodError) return { state: null, problem: error.message };
        throw error;
      }
    }
    return { state: null, problem: 'It is of a kind that this version does not know.' };
  }

  async #held({ group, acceptor, name }: Holder): Promise<Held> {
    try {
      const holding = (await this.#questioner(group, acceptor).keys(acceptor, [name])).get(name);
      if (holding === undefined) return { acceptor, group, answer: 'nothing', ...NONE };
      const { accepted, digest } = holding;
      const { counter, proposer } = accepted;
      return { acceptor, group, answer: 'held', counter, proposer, digest };
    } catch {
      return { acceptor, group, answer: 'silent', ...NONE };
    }
  }

  #questioner(group: string, acceptor: string): NatsQuestioner {
    const { transport } = this.#parts;
    const cluster = clusterOf(this.#parts.cluster, group);
    const known = this.#questioners.get(`${cluster} ${acceptor}`);
    if (known !== undefined) return known;
    const configuration = { cluster, epoch: FIRST_EPOCH, acceptors: [acceptor] };
    const questioner = new NatsQuestioner(configuration, transport, PATIENCE);
    this.#questioners.set(`${cluster} ${acceptor}`, questioner);
    return questioner;
  }
}

const NONE = { counter: null, proposer: null, digest: null };
