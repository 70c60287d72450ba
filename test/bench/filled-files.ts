// Files of acceptors as they would be after so many creates, without the time that those take: for measurements that begin
// with many registers.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { UNSET } from '../../src/protocol/state.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { encodeState } from '../../src/transport/state-codec.ts';

const WRITE_ROWS = 512;
const VALUE_CHARACTERS = 100;
/** Values are cut out of this, so that their making does not count. */
const RANDOM = randomBytes(2 ** 20).toString('base64url');
const BALLOT = { counter: 1, proposer: 'filler-c0ffeec0ffee' };
const NEXT = { counter: 2, proposer: BALLOT.proposer };

interface Filling {
  /** Below which each acceptor has a directory. */
  readonly directory: string;
  readonly cluster: string;
  readonly acceptor: string;
  readonly keys: number;
}

/** Makes the file of an acceptor that has accepted a variable of 100 characters for each key, version 1. */
export async function fillFile({ directory, cluster, acceptor, keys }: Filling): Promise<void> {
  const store = await openSqliteStore({ path: join(directory, acceptor, 'acceptor.db'), cluster, acceptor });
  for (let first = 0; first < keys; first += WRITE_ROWS) {
    const numbers = Array.from({ length: Math.min(WRITE_ROWS, keys - first) }, (_, i) => first + i);
    await store.commit(new Map(numbers.map(i => [`filled.${i}`, slotOf(i)])));
  }
  await store.close();
}

function slotOf(i: number) {
  const at = (i * 7919) % (RANDOM.length - VALUE_CHARACTERS);
  const value = RANDOM.slice(at, at + VALUE_CHARACTERS);
  const state = encodeState({ ...UNSET, kind: 'variable', version: 1, set: true, value });
  return { promised: NEXT, accepted: BALLOT, value: state };
}
