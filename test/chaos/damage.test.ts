// Damage to the files of one acceptor of a running cluster, the two kinds that tell most; `npm run chaos -- --damage
// all` tries every kind.

import test, { type ExecutionContext } from 'ava';
import type { DamageResult } from './damage-run.ts';
import { damageCases, printReport, tryAll } from './damage-table.ts';

const SEED = Number(process.env.SYNOD_SEED ?? Math.floor(Math.random() * 1e6));

async function tried(t: ExecutionContext, kind: string): Promise<DamageResult | undefined> {
  t.log(`repeat: npm run chaos -- --damage '${kind}' --positions 1 --seed ${SEED}`);
  const report = await tryAll(damageCases(kind, SEED, 1), () => {});
  t.log(`\n${printReport(report)}`);
  const [result] = report.results;
  t.deepEqual(result?.problems, []);
  return result;
}

test.serial(
  'an acceptor whose file went back is out until its latest is put back; nothing is lost or stale (A4)',
  async t => {
    const result = await tried(t, 'old copy restored');
    t.is(result?.found, 'exit 65 at its start, quarantined');
    t.is(result?.mended, 'votes again');
  },
);

test.serial(
  'an acceptor with a damaged ballot ends when it reads it; nothing is lost or stale (S1, A4)',
  async t => {
    const result = await tried(t, 'ballots of a row: a bit flipped');
    t.regex(result?.found ?? '', /^exit 65 /);
    // If it has voted in between, the files of before are old.
    t.regex(result?.mended ?? '', /^(exit 65 .*, quarantined|votes again)$/);
  },
);
