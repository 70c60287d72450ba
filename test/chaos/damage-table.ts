// Many cases of damage one after another, and what was made of each kind in a table.

import { CLUSTER_DAMAGES } from './damage-kinds.ts';
import { type DamageCase, type DamageResult, tryOnCluster } from './damage-run.ts';

export interface DamageReport {
  readonly results: readonly DamageResult[];
  /** Why a case was not tried, by its kind. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** The cases of `all` kinds or one of them, so many of each kind that has many; none when there is no such kind. */
export function damageCases(wanted: string, seed: number, positions: number): readonly DamageCase[] {
  return CLUSTER_DAMAGES.filter(({ kind }) => wanted === 'all' || kind === wanted).flatMap(damage => {
    const count = damage.isWhole ? 1 : positions;
    return Array.from({ length: count }, (_, i) => ({ damage, seed: seed + i, share: i / count }));
  });
}

export async function tryAll(
  cases: readonly DamageCase[],
  onResult: (done: number, damageCase: DamageCase, result: DamageResult | string) => void,
): Promise<DamageReport> {
  const results: DamageResult[] = [];
  const skipped = new Map<string, string>();
  for (const [i, damageCase] of cases.entries()) {
    const result = await tryOnCluster(damageCase);
    if (typeof result === 'string') skipped.set(damageCase.damage.kind, result);
    else results.push(result);
    onResult(i + 1, damageCase, result);
  }
  return { results, skipped };
}

const HEADER = ['damage', 'cases', 'noticed', 'harmless', 'once undone', 'answers', 'lost', 'stale'];

/** As a table of Markdown, one row a kind. */
export function printReport({ results, skipped }: DamageReport): string {
  const kinds = new Map<string, DamageResult[]>();
  for (const result of results) kinds.set(result.kind, [...(kinds.get(result.kind) ?? []), result]);
  const rows = [...kinds].map(([kind, own]) => {
    const noticed = own.filter(({ found }) => found !== 'harmless');
    return [
      kind,
      String(own.length),
      counted(noticed.map(({ found }) => found)),
      String(own.length - noticed.length),
      counted(own.flatMap(({ mended }) => mended ?? [])),
      String(sum(own.map(({ answers }) => answers))),
      String(sum(own.map(({ lost }) => lost))),
      String(sum(own.map(({ stale }) => stale))),
    ];
  });
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [
    line(HEADER),
    line(widths.map(width => '-'.repeat(width))),
    ...rows.map(line),
    ...[...skipped].map(([kind, why]) => `not tried, ${kind}: ${why}`),
  ].join('\n');
}

/** '3 exit 65 at its start; exit 65 in use'. */
function counted(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([what, count]) => (count === 1 ? what : `${count} × ${what}`)).join('; ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
