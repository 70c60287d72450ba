// Runs inside a copy, as a process of its own: which duties are not fulfilled there.

import { CARRIER_DUTIES } from '../actors/carrier-duties.ts';
import { COLLECTION_DUTIES } from '../actors/collection-duties.ts';
import { EARLIER_LIFE_DUTIES } from '../actors/earlier-life-duties.ts';
import { EPOCH_DUTIES } from '../actors/epoch-duties.ts';
import { EXPIRY_DUTIES } from '../actors/expiry-duties.ts';
import { FLOOR_DUTIES } from '../actors/floor-duties.ts';
import { GROUP_DUTIES } from '../actors/group-duties.ts';
import { HOT_KEY_DUTIES } from '../actors/hot-key-duties.ts';
import { MEMORY_DUTIES } from '../actors/memory-duties.ts';
import { RUNTIME_DUTIES } from '../actors/runtime-duties.ts';
import { TRANSACTION_DUTIES } from '../client/transactions/steps-duties.ts';
import { BATCH_DUTIES } from '../node/batch-duties.ts';
import { MEMBER_DUTIES } from '../node/member-duties.ts';
import { WATCH_DUTIES } from '../node/watch-duties.ts';

const DUTIES = [
  ...RUNTIME_DUTIES,
  ...FLOOR_DUTIES,
  ...EPOCH_DUTIES,
  ...CARRIER_DUTIES,
  ...COLLECTION_DUTIES,
  ...EARLIER_LIFE_DUTIES,
  ...EXPIRY_DUTIES,
  ...GROUP_DUTIES,
  ...HOT_KEY_DUTIES,
  ...MEMORY_DUTIES,
  ...BATCH_DUTIES,
  ...MEMBER_DUTIES,
  ...TRANSACTION_DUTIES,
  ...WATCH_DUTIES,
];
const broken: string[] = [];
// A runtime that does not wait for its store does not hear of its failures either.
process.on('unhandledRejection', error => broken.push(`left alone: ${String(error)}`));
for (const { title, check } of DUTIES) {
  await check().catch(() => broken.push(title));
}
console.log(JSON.stringify({ broken }));
