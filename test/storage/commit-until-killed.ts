// A process that commits batch after batch until it is killed, and prints the number of each one that was
// acknowledged. argv: the path of the file. sqlite-kill.test.ts starts it and judges what is left.

import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { killedBatch } from './killed-batch.ts';
import { OWNER } from './slots.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('Cannot start: the path of the file is missing');

const store = await openSqliteStore({ path, ...OWNER });
for (let batch = 0; ; batch++) {
  await store.commit(killedBatch(batch));
  // Straight into the pipe: a line that waits in this process would die with it.
  writeSync(1, `${batch}\n`);
}
