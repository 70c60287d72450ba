// The messages between proposers and acceptors, as values. How they become bytes is transport/message-codec.ts.

import type { Ballot } from './ballot.ts';
import type { Filter } from './filter.ts';

/** Proposer to acceptor. The ballots are the sender's own, but `accepted`: `ballot.proposer` is the sender. */
export type Command =
  | { readonly kind: 'prepare'; readonly key: string; readonly ballot: Ballot }
  | {
      readonly kind: 'accept';
      readonly key: string;
      readonly ballot: Ballot;
      readonly value: Uint8Array;
      /** The ballot of the proposer's following round, promised together with the acceptance. */
      readonly next: Ballot;
    }
  | { readonly kind: 'read'; readonly key: string; readonly serial: number }
  /** Asks for the promise of `ballot` for every key of the partition whose floor's name `key` is. */
  | {
      readonly kind: 'floor';
      readonly key: string;
      readonly ballot: Ballot;
      /** What is left of registers that were collected before (C5, D3). */
      readonly remains?: Uint8Array | undefined;
    }
  /**
   * Closes the stay that the key is of, for its whole partition, and asks what is accepted there then (G1, G3). Asked only
   * while the partition moves away from this group; and once it is elsewhere, to have forgotten what is accepted (G7).
   */
  | { readonly kind: 'fetch'; readonly key: string; readonly serial: number; readonly forgets?: true }
  /** Takes over what is left of registers that were collected where the partition was before (G3, D3). */
  | { readonly kind: 'begin'; readonly key: string; readonly serial: number; readonly remains: Uint8Array }
  /** An accept of any proposer's once more, as another acceptor has it (C3). */
  | { readonly kind: 'copy'; readonly key: string; readonly accepted: Ballot; readonly value: Uint8Array }
  /** Drops the slot, if it is as every acceptor has told, for a promise of `ballot` for the whole partition (D1, D2). */
  | {
      readonly kind: 'collect';
      readonly key: string;
      readonly ballot: Ballot;
      readonly accepted: Ballot;
      readonly remains: Uint8Array;
    };

/** Acceptor to proposer. `counter` is that of the command's ballot, `serial` that of the read: what it answers (P3). */
export type Reply =
  | {
      readonly kind: 'promised';
      readonly key: string;
      readonly counter: number;
      readonly accepted: Ballot;
      /** Where nothing is accepted: what is left of collected registers. */
      readonly value: Uint8Array;
    }
  | { readonly kind: 'accepted'; readonly key: string; readonly counter: number }
  | {
      readonly kind: 'conflict';
      readonly key: string;
      readonly phase: 'prepare' | 'accept';
      readonly counter: number;
      readonly seen: Ballot;
    }
  /**
   * The floor was promised. Every key of the partition that had anything accepted before is in the filter; without
   * a filter there were too many of them. What is left of those that were collected comes with it.
   */
  | {
      readonly kind: 'floored';
      readonly key: string;
      readonly counter: number;
      readonly filter: Filter | undefined;
      readonly remains?: Uint8Array | undefined;
    }
  /** Not voted on: there is no space to remember the vote. Whether anything else stands in the way is not said. */
  | {
      readonly kind: 'full';
      readonly key: string;
      readonly phase: 'prepare' | 'accept';
      readonly counter: number;
    }
  | {
      readonly kind: 'report';
      readonly key: string;
      readonly serial: number;
      readonly accepted: Ballot;
      readonly value: Uint8Array;
    }
  /** Not voted on, nor told: stays of the partition up to this one are closed here for good (G1). */
  | { readonly kind: 'closed'; readonly key: string; readonly stay: number }
  /** What is accepted after a copy, which may be something else. */
  | { readonly kind: 'copied'; readonly key: string; readonly accepted: Ballot }
  /** Whether the acceptor has nothing of the key any more. */
  | { readonly kind: 'collected'; readonly key: string; readonly counter: number; readonly isGone: boolean };
