// Runs inside a copy, as a process of its own: which duties of the runtime, of floors, of epochs and of groups are not fulfilled there.

import { EPOCH_DUTIES } from '../actors/epoch-duties.ts';
import { FLOOR_DUTIES } from '../actors/floor-duties.ts';
import { GROUP_DUTIES } from '../actors/group-duties.ts';
import { RUNTIME_DUTIES } from '../actors/runtime-duties.ts';

const broken: string[] = [];
// A runtime that does not wait for its store does not hear of its failures either.
process.on('unhandledRejection', error => broken.push(`left alone: ${String(error)}`));
for (const { title, check } of [...RUNTIME_DUTIES, ...FLOOR_DUTIES, ...EPOCH_DUTIES, ...GROUP_DUTIES]) {
  await check().catch(() => broken.push(title));
}
console.log(JSON.stringify({ broken }));
