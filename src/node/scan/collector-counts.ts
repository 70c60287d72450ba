// What the collectors of a proposer have done since its start, for whoever asks.

export class CollectorCounts {
  /** Registers that all acceptors have dropped. */
  collected = 0;
  /** Registers whose time was over and that nobody had asked for since, so that the collector made them unset (E1). */
  expired = 0;
  /** Times that it went through a whole partition. */
  partitions = 0;
  /** Times that it left a partition for later, as an acceptor was silent or members changed. */
  putOff = 0;
}
