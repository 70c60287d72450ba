// Runs inside a copy, as a process of its own: which duties are not fulfilled there. The duty that its argument names
// is tried first, and if that one is not, no other is.

import { CARRIER_DUTIES } from '../actors/carrier-duties.ts';
import { COLLECTION_DUTIES } from '../actors/collection-duties.ts';
import { EARLIER_LIFE_DUTIES } from '../actors/earlier-life-duties.ts';
import { EPOCH_DUTIES } from '../actors/epoch-duties.ts';
import { EXPIRY_DUTIES } from '../actors/expiry-duties.ts';
import { FLOOR_DUTIES } from '../actors/floor-duties.ts';
import { GROUP_DUTIES } from '../actors/group-duties.ts';
import { HOMES_DUTIES } from '../actors/homes-duties.ts';
import { HOT_KEY_DUTIES } from '../actors/hot-key-duties.ts';
import { MEMORY_DUTIES } from '../actors/memory-duties.ts';
import { RESERVE_DUTIES } from '../actors/reserve-duties.ts';
import { type Duty, RUNTIME_DUTIES } from '../actors/runtime-duties.ts';
import { TRANSACTION_DUTIES } from '../client/transactions/steps-duties.ts';
import { BATCH_DUTIES } from '../node/batch-duties.ts';
import { FOUNDER_DUTIES } from '../node/founder-duties.ts';
import { MEMBER_DUTIES } from '../node/member-duties.ts';
import { PASS_DESK_DUTIES } from '../node/pass-desk-duties.ts';
import { REACH_DUTIES } from '../node/reach-duties.ts';
import { WAKEFULNESS_DUTIES } from '../node/wakefulness-duties.ts';
import { WATCH_DUTIES } from '../node/watch-duties.ts';
import { ROW_DUTIES } from '../storage/row-duties.ts';

const DUTIES: readonly Duty[] = [
  ...RUNTIME_DUTIES,
  ...FLOOR_DUTIES,
  ...EPOCH_DUTIES,
  ...CARRIER_DUTIES,
  ...COLLECTION_DUTIES,
  ...EARLIER_LIFE_DUTIES,
  ...EXPIRY_DUTIES,
  ...GROUP_DUTIES,
  ...HOMES_DUTIES,
  ...HOT_KEY_DUTIES,
  ...MEMORY_DUTIES,
  ...RESERVE_DUTIES,
  ...BATCH_DUTIES,
  ...MEMBER_DUTIES,
  ...TRANSACTION_DUTIES,
  ...PASS_DESK_DUTIES,
  ...REACH_DUTIES,
  ...WAKEFULNESS_DUTIES,
  ...WATCH_DUTIES,
  ...FOUNDER_DUTIES,
  ...ROW_DUTIES,
];
const broken: string[] = [];
// A runtime that does not wait for its store does not hear of its failures either.
process.on('unhandledRejection', error => broken.push(`left alone: ${String(error)}`));

async function tryAll(duties: readonly Duty[]): Promise<void> {
  for (const { title, check } of duties) await check().catch(() => broken.push(title));
}

await tryAll(DUTIES.filter(({ title }) => title === process.argv[2]));
if (broken.length === 0) await tryAll(DUTIES);
console.log(JSON.stringify({ broken }));
