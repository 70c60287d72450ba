// The driver port: whoever runs the real cluster and can do a fault to it. processes.ts does it to plain processes,
// containers.ts to containers.

import type { Fault } from './scenario.ts';

export interface Driver {
  /** What clients connect to, one URL a nats-server. */
  readonly nats: readonly string[];
  /** Why it cannot do the fault; undefined when it can. */
  whyNot(fault: Fault): string | undefined;
  /** Resolves when requests are served over every server. */
  start(): Promise<void>;
  strike(fault: Fault, target: string): Promise<void>;
  /** Ends the fault; resolves when what was ended is ready again. */
  heal(fault: Fault, target: string): Promise<void>;
  stop(): Promise<void>;
}
