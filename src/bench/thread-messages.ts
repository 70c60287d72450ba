// What the main thread and the threads of the load say to each other.

import type { Membership } from '../node/local/directory-record.ts';
import type { NatsOptions } from '../transport/nats-transport.ts';
import type { Tally } from './load.ts';
import type { StepPlan } from './place.ts';

/** Given to a thread at its start. */
export interface ThreadData {
  readonly nats: Omit<NatsOptions, 'onStatus' | 'onRefused'>;
  readonly timeoutMs: number;
  readonly prefix: string;
  /** The cluster that an embedded proposer works with; undefined where none is wanted. */
  readonly embedded: Membership | undefined;
  /** It takes every `threads`-th client and key from `thread` on. */
  readonly thread: number;
  readonly threads: number;
}

export type Order =
  /** Write this filling of the workload. */
  | { readonly kind: 'fill'; readonly plan: StepPlan; readonly filling: number }
  /** Begin; `rate` is the thread's share, null for a closed loop. */
  | { readonly kind: 'start'; readonly plan: StepPlan; readonly rate: number | null }
  | { readonly kind: 'measure' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'close' };

export interface Progress {
  readonly kind: 'progress';
  /** Operations that ended, or registers that were written, since the last order. */
  readonly ended: number;
  readonly failed: number;
}

export type Notice =
  | Progress
  | { readonly kind: 'connected' }
  | { readonly kind: 'filled' }
  | { readonly kind: 'tally'; readonly tally: Tally }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly why: string };
