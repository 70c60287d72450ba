// One owner of the lock as a process of its own (owners.ts), which may be paused between any two instructions. It is
// told nothing of that: it reads what the lock guards, and writes 1 more with the token that it has.

import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Lease, SynodError } from '../../src/index.ts';
import type { Asked, Told } from './owners.ts';

const WRITES = 5;
const THINK_MS = 20;
const AFTER_FAILURE_MS = 50;

const [, , servers = '', key = '', ttlMs = ''] = process.argv;
const client = await connect({ servers });
const lock = client.lock(key, { ttlMs: Number(ttlMs) });
process.once('disconnect', () => process.exit());
say({ kind: 'connected' });

for (;;) {
  try {
    await lock.run(use);
  } catch (error) {
    // Nobody could, or nobody knows whether: the lease ends by itself.
    if (!(error instanceof SynodError)) throw error;
    await sleep(AFTER_FAILURE_MS);
  }
}

async function use({ token }: Lease): Promise<void> {
  say({ kind: 'granted', token });
  for (let i = 0; i < WRITES; i++) {
    const { value } = await ask({ kind: 'read', token });
    if (value === undefined) return;
    const { isWritten } = await ask({ kind: 'write', token, value: value + 1 });
    if (isWritten !== true) return;
    await sleep(THINK_MS);
  }
}

function ask(asked: Asked): Promise<Told> {
  return new Promise(resolve => {
    process.once('message', told => resolve(told as Told));
    say(asked);
  });
}

function say(asked: Asked): void {
  process.send?.(asked);
}
