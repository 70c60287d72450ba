// How acceptors and proposers of a local cluster are started: as this very program, with flags.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, type UpConfig } from '../config/up-config.ts';
import type { ProcessSpec } from './child.ts';
import { LOOPBACK } from './nats-server.ts';

export interface NodePlace {
  readonly config: UpConfig;
  readonly natsUrl: string;
}

/** Tells a node that its standard input ends when its supervisor does. */
export const SUPERVISED_VARIABLE = 'SYNOD_SUPERVISED';

/** Named by path, not imported: the floors of the house know nothing of those above. */
const PROGRAM = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

export function acceptorSpec(place: NodePlace, id: string): ProcessSpec {
  const data = join(place.config.directory, id);
  return nodeSpec(place, { role: 'acceptor', id, args: ['--id', id, '--data', data] });
}

export function proposerSpec(place: NodePlace, name: string): ProcessSpec {
  return nodeSpec(place, { role: 'proposer', id: name, args: ['--name', name] });
}

interface Node {
  readonly role: string;
  readonly id: string;
  readonly args: readonly string[];
}

function nodeSpec({ config, natsUrl }: NodePlace, { role, id, args }: Node): ProcessSpec {
  const common = ['--nats', natsUrl, '--cluster', config.cluster, '--acceptors', config.acceptors.join(',')];
  const name = `${role} ${id}`;
  return {
    name,
    command: process.execPath,
    args: [PROGRAM, role, ...args, ...common, '--http', `${LOOPBACK}:0`],
    env: { ...nodeEnvironment(process.env), [SUPERVISED_VARIABLE]: '1' },
    logPath: join(config.directory, 'logs', `${id}.log`),
    readiness: { kind: 'line', line: `ready ${name}` },
  };
}
