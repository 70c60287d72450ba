import test from 'ava';
import { printDamages, tryDamages } from './damage-table.ts';
import { logSeed, SEED } from './seed.ts';

const CASES_A_KIND = 8;

test('a store on damaged files refuses or shows what it once held, and never anything else (S1)', async t => {
  logSeed(t);
  const report = await tryDamages(SEED, CASES_A_KIND);
  t.log(`\n${printDamages(report)}`);
  const all = [...report].flatMap(([kind, cases]) => cases.map(judged => ({ kind, ...judged })));
  t.deepEqual(
    all.filter(({ wrong }) => wrong.length > 0),
    [],
  );
  const verdicts = (kind: string): readonly string[] => [
    ...new Set(report.get(kind)?.map(({ verdict, code }) => `${verdict} ${code ?? ''}`.trim())),
  ];
  t.deepEqual(verdicts('no damage'), ['harmless']);
  t.deepEqual(verdicts('ballots of a row: a bit flipped'), ['refused at open corrupt']);
  t.deepEqual(verdicts("another acceptor's WAL"), ['refused at open corrupt']);
  t.deepEqual(verdicts("another acceptor's files"), ['refused at open foreign']);
});
