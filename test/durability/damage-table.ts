// Tries damage of every kind, and tells in a table what the store made of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dice } from '../simulation/dice.ts';
import { ageFiles } from './aged-files.ts';
import { damages } from './damages.ts';
import { type Judged, judge, VERDICTS } from './verdict.ts';

/** What was made of each kind of damage, case by case. */
export type DamageReport = ReadonlyMap<string, readonly Judged[]>;

export async function tryDamages(seed: number, casesAKind: number): Promise<DamageReport> {
  const directory = mkdtempSync(join(tmpdir(), 'synod-aged-'));
  try {
    const dice = new Dice(seed);
    const aged = await ageFiles(directory, dice);
    const report = new Map<string, Judged[]>();
    for (const damage of damages(aged, casesAKind, dice)) {
      const judged = await judge(damage, aged.past);
      report.set(damage.kind, [...(report.get(damage.kind) ?? []), judged]);
    }
    return report;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function printDamages(report: DamageReport): string {
  const rows = [...report].map(([kind, all]) => [
    kind,
    String(all.length),
    ...VERDICTS.map(verdict => summary(all.filter(judged => judged.verdict === verdict))),
  ]);
  const table = [['damage', 'cases', ...VERDICTS], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map(row => row[column]?.length ?? 0))) ?? [];
  return table
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** How many, and the codes of the refusals: '12 corrupt, 3 foreign'. */
function summary(all: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const { code = '' } of all) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${count} ${code}`.trim()).join(', ');
}
