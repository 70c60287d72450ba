// What a program says about the proposer that it is to contain, checked as the configuration of a node is.

import { z } from 'zod';
import type { ConnectOptions } from '../client/connect.ts';
import { BadRequestError } from '../client/errors.ts';
import { changeTable, loadChanges } from '../node/changes/change-modules.ts';
import type { ChangeDefinition } from '../node/changes/define-change.ts';
import { ConfigError } from '../node/config/config-error.ts';
import { proposerShape } from '../node/config/config-settings.ts';
import { identifier, identifierList } from '../node/config/config-values.ts';
import type { Log } from '../node/process/log.ts';
import { BUILT_IN_CHANGES, type ChangeTable } from '../protocol/changes.ts';

/** How a program is a proposer itself. Its NATS user must be allowed what a proposer is. */
export interface EmbeddedOptions extends Omit<ConnectOptions, 'proposer'> {
  /** This process proposes by itself, with the acceptors' subjects: for programs as trusted as they are. */
  readonly proposer: 'embedded';
  /** The id of the cluster, as its acceptors are configured. */
  readonly cluster: string;
  /** All acceptors of the cluster. A list with some left out, or others, would make quorums that do not meet. */
  readonly acceptors: readonly string[];
  /** Changes beside the built-in ones: a path as `--changes` takes it, or the changes themselves. */
  readonly changes?: string | readonly ChangeDefinition[] | undefined;
  /** The largest value. Default 262,144 bytes. */
  readonly valueBytesMax?: number | undefined;
  /** Calls under way at once; one more is `overloaded`, and tried again. Default 4096. */
  readonly requestsMax?: number | undefined;
  /** Memory for registers that it need not ask for before it changes them, 250 bytes each at values of 100 bytes. Default 64. */
  readonly memoryMb?: number | undefined;
  /**
   * Whether it collects deleted variables in the background, as `synod proposer` does: for one or two of the programs of a cluster
   * that has no other proposers. Nothing shares the partitions among those that do, so that each goes through all of them. Default false.
   */
  readonly collects?: boolean | undefined;
  /** Which acceptors are asked to vote at once: as many as decide, or all, as `--asks` of `synod proposer`. Default 'quorum'. */
  readonly asks?: 'quorum' | 'all' | undefined;
  /** Told of what a proposer logs, such as lost connections and permissions that it lacks. Default: nobody is. */
  readonly log?: Log | undefined;
}

/** A program has other uses for its memory. */
const MEMORY_MB = 64;

const { prefix, valueBytesMax, requestsMax, memoryMb, asks } = proposerShape;
const settings = z.object({
  cluster: identifier,
  acceptors: identifierList,
  prefix,
  valueBytesMax,
  requestsMax,
  memoryMb: memoryMb.unwrap().default(MEMORY_MB),
  collects: z.boolean({ error: 'it must be true or false' }).default(false),
  asks,
});

export type EmbeddedSettings = z.output<typeof settings>;

/** @throws BadRequestError `bad_request` with every mistake. */
export function embeddedSettings(options: EmbeddedOptions): EmbeddedSettings {
  const checked = settings.safeParse(options);
  if (checked.success) return checked.data;
  const sentences = checked.error.issues.map(({ path: [key], message }) => {
    const given: unknown = Object.entries(options).find(([name]) => name === key)?.[1];
    return given === undefined
      ? `Cannot embed a proposer without '${String(key)}': ${message}`
      : `Cannot embed a proposer with ${JSON.stringify(given)} for '${String(key)}': ${message}`;
  });
  // A list with two bad items has two issues and is one mistake.
  throw new BadRequestError('bad_request', [...new Set(sentences)].join('\n'));
}

/** @throws BadRequestError `bad_request` when the changes cannot be used. */
export async function changesOf({ changes }: EmbeddedOptions): Promise<ChangeTable> {
  try {
    if (changes === undefined) return BUILT_IN_CHANGES;
    return typeof changes === 'string'
      ? await loadChanges(changes)
      : changeTable(
          changes.map((definition, i) => ({ where: `the change ${i + 1} of 'changes'`, definition })),
        );
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new BadRequestError('bad_request', cause.message, { cause });
  }
}
