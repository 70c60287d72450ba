// What nodes tell of themselves when they are asked over NATS: `synod status` and the dashboard show it. JSON, to be read by
// other versions too: fields are added, and none changes its meaning.

import { z } from 'zod';
import { STANDING_STATUSES } from '../../actors/standing.ts';
import { internalSubjects, isOperatorInbox } from '../../transport/subjects.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';

const names = z.array(z.string());
const common = {
  version: z.string(),
  wire: z.number(),
  epoch: z.number(),
  /** Undefined while it knows only what it was started with. */
  members: names.optional(),
  isJoint: z.boolean().default(false),
  /** Where it answers HTTP. */
  http: z.string().optional(),
};

/** What a proposer saw of each acceptor: its commits, how many values it accepted less than the one that accepted most. */
const seen = z.record(
  z.string(),
  z.object({ commits: z.number(), missed: z.number(), heardMsAgo: z.number() }),
);

const acceptorShape = z.object({
  role: z.literal('acceptor'),
  id: z.string(),
  status: z.enum(STANDING_STATUSES),
  why: z.string().default(''),
  ...common,
  /** The rest is missing where there is no file that can be used. */
  store: z.string().optional(),
  commits: z.number().optional(),
  waiting: z.number().optional(),
  /** Deleted registers that wait to be collected, when a collector last went through. */
  uncollected: z.number().optional(),
  disk: z.object({ bytes: z.number(), freeBytes: z.number() }).optional(),
});

const proposerShape = z.object({
  role: z.literal('proposer'),
  name: z.string(),
  incarnation: z.string(),
  ...common,
  /** Partitions whose home it is, and whose floor it holds. */
  homes: z.number(),
  floors: z.number(),
  waiting: z.number(),
  requests: z.number(),
  /** By result. */
  results: z.record(z.string(), z.number()),
  /** Of all requests, in ms: bounds, and how many were between each and the one before; one more for those above. */
  latency: z.object({ bounds: z.array(z.number()), counts: z.array(z.number()) }),
  longestGapMs: z.object({ lastMinute: z.number(), ever: z.number() }),
  /** Of the first group. */
  acceptors: seen,
  /** The changes of its user, as name@version. */
  changes: names,
  /** Of the other proposers those that it heard lately and that did not say goodbye: how long ago, by incarnation. */
  peers: z.record(z.string(), z.number()).default({}),
  /** The groups of acceptors that it knows of, by name. Undefined while it knows of one alone. */
  groups: z
    .record(
      z.string(),
      z.object({
        /** As far as it knows. */
        acceptors: names,
        epoch: z.number().default(0),
        isJoint: z.boolean().default(false),
        /** That it keeps, with those on their way to it. */
        partitions: z.number(),
        coming: z.number().default(0),
        going: z.number().default(0),
        /** Of stays that are over: registers that it has had erased there, and partitions that it still has to look through. */
        erased: z.number().default(0),
        toErase: z.number().default(0),
        seen: seen.default({}),
      }),
    )
    .optional(),
  /** Where it takes every partition to be: the value of the register `$groups`, and its version. */
  map: z.object({ version: z.number(), value: z.unknown() }).optional(),
});

export type AcceptorTold = z.infer<typeof acceptorShape>;
export type ProposerTold = z.infer<typeof proposerShape>;
export type Told = AcceptorTold | ProposerTold;

const toldShape = z.discriminatedUnion('role', [acceptorShape, proposerShape]);

/** @returns undefined for what is none. */
export function readTold(bytes: Uint8Array): Told | undefined {
  try {
    return toldShape.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Answers whoever asks all nodes how they are. */
export function openStatus(
  transport: Transport,
  cluster: string,
  tell: () => Told | Promise<Told>,
): Subscription {
  return transport.subscribe(internalSubjects(cluster).status, ({ reply }) => {
    if (!isOperatorInbox(cluster, reply)) return;
    Promise.resolve(tell()).then(
      told => transport.publish(reply, Buffer.from(JSON.stringify(told))),
      () => undefined,
    );
  });
}
