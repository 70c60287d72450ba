// An operator's side of a change of members: asks the proposers step by step (member-desk.ts), and goes on where an
// earlier operator was stopped.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ALL_PARTITIONS } from '../../protocol/partition.ts';
import { internalSubjects, PING_INBOX } from '../../transport/subjects.ts';
import type { ClusterConfig } from '../config/config.ts';
import { OperatorLink } from './operator-link.ts';
import { askProposers } from './operator-request.ts';
import { OperatorError, type TellWaiting, throughPartitions } from './operator-steps.ts';

const names = z.array(z.string());
const statusShape = z.object({
  epoch: z.number(),
  /** The store of each member. */
  members: z.record(z.string(), z.string()),
  joint: z.object({ before: names, after: names }).nullable(),
  carried: z.array(z.number()),
});
const pingShape = z.object({ id: z.string(), status: z.string(), store: z.string() });

export type MemberStatus = z.infer<typeof statusShape>;

/** How far it is through the partitions, and what was done in them. */
export interface Progress {
  readonly partitions: number;
  readonly keys: number;
}

const STEP_TIMEOUT_MS = 15_000;
const PING_TIMEOUT_MS = 1500;
/** Steps through partitions at once, and how many each is given. */
const STEPS_MAX = 4;
const PARTITIONS_A_STEP = 16;
const ATTEMPTS_MAX = 20;

/** @throws TransportError when there is no NATS. */
export async function connectOperator(config: ClusterConfig, tell?: TellWaiting): Promise<Operator> {
  return new Operator(await OperatorLink.open(config, tell));
}

export class Operator {
  readonly #link: OperatorLink;

  constructor(link: OperatorLink) {
    this.#link = link;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** @throws OperatorError without a proposer or a quorum. */
  async status(): Promise<MemberStatus> {
    return statusShape.parse(await this.#patiently({ step: 'status' }));
  }

  /** The store of an acceptor that runs, which makes it known by more than its name. @throws OperatorError. */
  async storeOf(acceptor: string): Promise<string> {
    const { ping } = internalSubjects(this.#link.cluster);
    const inbox = `${PING_INBOX}.${randomBytes(8).toString('hex')}`;
    const bytes = await this.#request(ping(acceptor), inbox, new Uint8Array(0), PING_TIMEOUT_MS);
    if (bytes === undefined) {
      throw new OperatorError(
        `No answer from acceptor ${acceptor}: start it first, with --acceptors as all others have it`,
      );
    }
    return pingShape.parse(bytes).store;
  }

  /**
   * Decides who the members are to be, in a joint epoch until `finish`.
   * @throws OperatorError where that cannot be, or another change is under way.
   */
  async begin(add: Readonly<Record<string, string>>, remove: readonly string[]): Promise<MemberStatus> {
    return statusShape.parse(await this.#step({ step: 'change', add, remove }));
  }

  /** Brings over what is missing, and ends the joint epoch. Without one it does nothing. @throws OperatorError. */
  async finish(onProgress: (progress: Progress) => void): Promise<MemberStatus> {
    const { joint, epoch, carried } = await this.status();
    if (joint === null) return this.status();
    const missing = ALL_PARTITIONS.filter(partition => !carried.includes(partition));
    await this.#throughPartitions({ step: 'carry', epoch }, missing, { done: carried.length, onProgress });
    return statusShape.parse(await this.#step({ step: 'settle' }));
  }

  /** Has what was deleted long enough ago collected at once, in these partitions. @throws OperatorError. */
  async collect(partitions: readonly number[], onProgress: (progress: Progress) => void): Promise<Progress> {
    return this.#throughPartitions({ step: 'collect' }, partitions, { done: 0, onProgress });
  }

  /** The step for these partitions, a few at a time. @param done how many were done before */
  async #throughPartitions(
    step: object,
    missing: readonly number[],
    { done, onProgress }: { readonly done: number; readonly onProgress: (progress: Progress) => void },
  ): Promise<Progress> {
    let keys = 0;
    let partitions = done;
    await throughPartitions(
      missing,
      { atOnce: STEPS_MAX, given: PARTITIONS_A_STEP },
      given => this.#patiently({ ...step, partitions: given }),
      some => {
        keys += some.keys;
        partitions += some.partitions.length;
        onProgress({ partitions, keys });
      },
    );
    return { partitions, keys };
  }

  /** What may be asked again as it is. */
  #patiently(body: object): Promise<unknown> {
    return this.#link.patiently(ATTEMPTS_MAX, () => this.#step(body));
  }

  async #step(body: object): Promise<unknown> {
    const { operators, operator } = internalSubjects(this.#link.cluster);
    const inbox = operator(randomBytes(8).toString('hex'));
    const bytes = Buffer.from(JSON.stringify(body));
    return this.#link.answerOf(await this.#request(operators, inbox, bytes, STEP_TIMEOUT_MS));
  }

  #request(subject: string, inbox: string, bytes: Uint8Array, timeoutMs: number): Promise<unknown> {
    return askProposers(this.#link.transport, { subject, inbox, bytes, timeoutMs });
  }
}
