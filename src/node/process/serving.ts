// What a node that serves is given by whoever runs it.

export interface Serving {
  /** Aborted when the node shall finish what it has in hand and return. */
  readonly signal: AbortSignal;
  /** To be called once, when requests are served. */
  readonly onReady: () => void;
}
