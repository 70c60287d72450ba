// The driver port: whoever runs the real cluster and can do a fault to it. processes.ts does it to plain processes;
// a driver of containers would implement the same five members with `docker pause`, `kill` and `network disconnect`.

import { spawnSync } from 'node:child_process';
import type { Fault } from './scenario.ts';

export interface Driver {
  /** What clients connect to, one URL a nats-server. */
  readonly nats: readonly string[];
  /** Resolves when requests are served over every server. */
  start(): Promise<void>;
  strike(fault: Fault, target: string): Promise<void>;
  /** Ends the fault; resolves when what was ended is ready again. */
  heal(fault: Fault, target: string): Promise<void>;
  stop(): Promise<void>;
}

/** What a person is told about containers. */
export function containerNote(): string {
  const { status } = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { stdio: 'ignore' });
  return status === 0
    ? 'a Docker engine runs here, but there is no container driver yet: on plain processes only'
    : 'no Docker engine runs here: on plain processes only';
}
