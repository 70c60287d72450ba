import { existsSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Dice } from '../simulation/dice.ts';
import type { Call } from './calls.ts';
import { RecordedDisk } from './disk.ts';
import { spokenTooSoon } from './order.ts';
import { BROKEN, PRODUCT, withCopy } from './products.ts';
import { type Recording, type RecordingOptions, withRecording } from './recording.ts';
import { logSeed, SEED } from './seed.ts';
import { straceProblem } from './strace.ts';
import type { Vote } from './votes.ts';
import { writtenBy } from './written.ts';

const problem = straceProblem();

test.serial('an acceptor syncs every vote before it sends the message that tells it (A3)', async t => {
  await recorded(t, { product: PRODUCT, messages: 100, isKilled: true }, async recording => {
    const { calls, votes, written } = recording;
    assertMuch(t, recording);
    assertComplete(t, recording);
    t.deepEqual(spokenTooSoon(votes, written), []);

    // The negative controls: the same check on the same record, doctored.
    const unsynced = calls.filter(call => call.kind !== 'sync');
    t.deepEqual(spokenTooSoon(votes, writtenBy(unsynced, recording.storeId)), votes);
    const early = votes.map(vote => sentBeforeTheSync(vote, calls));
    const found = spokenTooSoon(early, written).length;
    t.log(
      `${found} of ${votes.length} votes would be too soon, had they been sent before the sync that came last`,
    );
    t.true(found > votes.length / 4);
    assertEachSyncMatters(t, recording);
  });
});

for (const [number, { breaks, patch, needsKill = false }] of BROKEN.entries()) {
  test.serial(`the record shows it, when ${breaks} (A3)`, async t => {
    await withCopy(`order-${number}`, [patch], product =>
      recorded(t, { product, messages: 40, isKilled: needsKill }, async ({ votes, written }) => {
        const found = spokenTooSoon(votes, written).length;
        t.log(`${found} of ${votes.length} votes were sent too soon`);
        t.true(found > 0);
      }),
    );
  });
}

async function recorded(
  t: ExecutionContext,
  options: Omit<RecordingOptions, 'seed'>,
  use: (recording: Recording) => Promise<void>,
): Promise<void> {
  if (problem === undefined) {
    logSeed(t);
    await withRecording({ ...options, seed: SEED }, use);
  } else {
    t.log(`Skipped, for no system call can be recorded here: ${problem}`);
    t.pass();
  }
}

/** A record in which little happened proves little. */
function assertMuch(t: ExecutionContext, { calls, votes, secondLifeAt }: Recording): void {
  const count = (kind: Vote['kind']): number => votes.filter(vote => vote.kind === kind).length;
  const syncs = calls.filter(({ kind }) => kind === 'sync').length;
  const kinds = (['promised', 'accepted', 'report', 'conflict'] as const).map(
    kind => `${count(kind)} ${kind}`,
  );
  t.log(`${votes.length} votes (${kinds.join(', ')}), ${syncs} syncs`);
  for (const kind of ['promised', 'accepted', 'report', 'conflict'] as const) t.true(count(kind) > 10);
  t.true(syncs > 20);
  t.true(votes.some(({ sentAt }) => sentAt < secondLifeAt));
}

/** The recorded calls make the file that is there, byte for byte: no write went by unseen. */
function assertComplete(t: ExecutionContext, { calls, path }: Recording): void {
  const files = new RecordedDisk(calls).at(Number.POSITIVE_INFINITY, 'all', new Dice(SEED));
  t.deepEqual([...files.keys()], [path]);
  t.true(files.get(path)?.equals(readFileSync(path)));
  t.false(existsSync(`${path}-wal`));
}

function sentBeforeTheSync(vote: Vote, calls: readonly Call[]): Vote {
  const last = calls.findLast(({ kind, end }) => kind === 'sync' && end < vote.sentAt);
  return { ...vote, sentAt: last?.start ?? 0 };
}

/** Takes out, one by one, the syncs that were the first to make a slot durable. */
function assertEachSyncMatters(t: ExecutionContext, { calls, votes, written, storeId }: Recording): void {
  const first = new Set(written.map(({ durableAt }) => durableAt));
  const needed = calls.filter(
    call => call.kind === 'sync' && call.path.endsWith('-wal') && first.has(call.end),
  );
  const missed = needed.filter(sync => {
    const without = calls.filter(call => call !== sync);
    return spokenTooSoon(votes, writtenBy(without, storeId)).length > 0;
  });
  t.log(`${missed.length} of ${needed.length} syncs are missed when they are taken out`);
  // Of the last ones before an end, the votes may not have been sent any more.
  t.true(missed.length >= needed.length - 3);
}
