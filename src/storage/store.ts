// The Store port: the durable memory of one acceptor. Implementations: memory-store, sqlite-store; both
// run the same contract (test/storage/store-contract.ts). Knows slots and keys, nothing of the protocol.

import type { Slot } from '../protocol/acceptor.ts';
import type { Prints } from '../protocol/filter.ts';

/**
 * Calls may overlap and take effect in the order in which they were made: a load shows every commit called
 * before it and none called after, and it resolves only when what it shows is durable (A3). The bytes of a
 * value that went in or came out belong to both sides: nobody may change them.
 */
export interface Store {
  /**
   * The slots of those of `keys` that have one; a key without a slot is absent from the map.
   * @throws StoreError code `corrupt` when a slot does not match its checksum (S1), `io` when the disk fails.
   */
  load(keys: readonly string[]): Promise<ReadonlyMap<string, Slot>>;

  /**
   * Whether the key may have a slot, told at once, without the disk: false only where the commits that resolved have left none
   * (a removal that is under way is not told of), and seldom true where there is none.
   */
  mayHave(key: string): boolean;

  /**
   * Makes all of `slots` durable in one transaction. When the promise resolves they survive a crash of the
   * process and of the machine. A slot that is empty leaves its key without one (D2). What is in the map is read before
   * the call returns.
   * @throws StoreError `full` when there is no space: loads show none of the slots, and later calls go on. Any
   * other: none or all of them may survive, and the caller must stop (S4): later calls reject with the same error.
   */
  commit(slots: ReadonlyMap<string, Slot>): Promise<void>;

  /**
   * What a filter of all keys of a partition that have a slot is made of; undefined when they are more than `max`.
   * @throws StoreError when the store has failed.
   */
  printsOf(partition: number, max: number): Promise<Prints | undefined>;

  /**
   * The keys of a partition that have a slot and come after `after` in the order of their characters ('': from the
   * first on), in that order, at most `max` of them. It may show commits called after it as well.
   * @throws StoreError `io` or `corrupt`.
   */
  keysAfter(partition: number, after: string, max: number): Promise<readonly string[]>;

  /** Waits for the calls under way and releases the file. Nothing may be called after. */
  close(): Promise<void>;
}

/**
 * `corrupt`: bytes are damaged. `io`: the disk or the driver failed. `full`: it has no space. `foreign`: the file is not this
 * acceptor's. `newer_format`: written by a later version. `older_format`: by an
 * earlier one that this version cannot read. `not_durable`: a setting that durability rests on
 * was not granted. `locked`: somebody else has the file open.
 */
export type StoreErrorCode =
  | 'corrupt'
  | 'io'
  | 'full'
  | 'foreign'
  | 'newer_format'
  | 'older_format'
  | 'not_durable'
  | 'locked';

/** A store that cannot be trusted or reached. `code` tells which, `cause` what the driver said. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
