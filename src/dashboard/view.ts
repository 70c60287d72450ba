// What the dashboard shows at one moment, and what it remembers for its curves. Plain data, sent to the page as it is.

import type { GroupStatus } from '../node/operator/cluster-status.ts';
import type { AcceptorTold, ProposerTold } from '../node/process/status.ts';

/** `silent`: no answer, so it is paused, dead or cut off. `behind`: it votes and misses much. */
export type NodeState = 'up' | 'behind' | 'waiting' | 'silent' | 'quarantined' | 'removed';

export interface NodeView {
  readonly role: 'acceptor' | 'proposer';
  /** Unique. */
  readonly key: string;
  readonly name: string;
  /** Of acceptors: the group that it is of. */
  readonly group: string;
  readonly state: NodeState;
  readonly why: string;
  /** What it told last; null when it never told anything. */
  readonly told: AcceptorTold | ProposerTold | null;
  /** Values that an acceptor missed, as the proposers saw since their starts. */
  readonly missed: number;
}

/** A group of acceptors. */
export type GroupView = Omit<GroupStatus, 'acceptors'>;

/** Of the time since the sample before. */
export interface Sample {
  /** Requests a second that were served, and that were in vain. */
  readonly served: number;
  readonly failed: number;
  /** Null without requests. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The longest of the last minute. */
  readonly gapMs: number;
}

export interface View {
  readonly cluster: string;
  readonly epoch: number;
  readonly isJoint: boolean;
  readonly nodes: readonly NodeView[];
  /** Those that share the partitions, the first included. */
  readonly groups: readonly GroupView[];
  /** Partitions on their way from one group to another. */
  readonly moves: readonly { readonly from: string; readonly to: string; readonly partitions: number }[];
  readonly sample: Sample;
}

/** With it how long ago it was taken. */
export interface Past {
  readonly sample: Sample;
  readonly agoMs: number;
}
