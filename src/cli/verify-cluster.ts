// `synod verify` without --data: whether the acceptors of a running cluster hold the same, group by group.

import { clusterConfig, groupConfig } from '../node/config/config.ts';
import type { Flags } from '../node/config/config-sources.ts';
import type { ClusterReport, MemberReport } from '../node/operator/cluster-check.ts';
import { type Compared, groupsToCompare, verifyGroup } from '../node/operator/verify-cluster.ts';
import { NOT_YET_EXIT_CODE, QUARANTINE_EXIT_CODE } from '../node/process/fatal-error.ts';
import { FIRST_GROUP, ONE_GROUP } from '../protocol/group-map.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import { progress } from './progress.ts';

export async function verifyClusterAndTell(flags: Flags, isJson: boolean): Promise<void> {
  const tell = progress(isJson);
  const config = clusterConfig(flags, process.env);
  const groups = await chosenGroups(flags);
  const reports: { readonly group: string; readonly report: ClusterReport }[] = [];
  for (const compared of groups) {
    const { group } = compared;
    const where = groups.length > 1 ? `${group}: ` : '';
    const report = await verifyGroup(config, compared, (partitions, keys) => {
      tell(`${where}compared ${partitions} of ${PARTITIONS} partitions, ${keys} keys`);
    });
    reports.push({ group, report });
    if (!isJson) process.stdout.write(titled(groups.length > 1 ? group : '', clusterReportText(report)));
  }
  const all = reports.map(({ report }) => report);
  const others = reports.slice(1).map(({ group, report }) => ({ group, ...report }));
  if (isJson)
    process.stdout.write(
      `${JSON.stringify({ ok: all.every(isWell), group: reports[0]?.group, ...all[0], groups: others })}\n`,
    );
  process.exitCode = exitCodeOfReports(all);
}

/** The one that is asked for, with the acceptors that are given; otherwise all. */
async function chosenGroups(flags: Flags): Promise<readonly Compared[]> {
  const config = clusterConfig(flags, process.env);
  const [, group = FIRST_GROUP] = groupConfig(flags, process.env).cluster.split('/');
  const isOne = flags.group !== undefined || group !== FIRST_GROUP;
  const { groups, isTold } = await groupsToCompare(config);
  if (!isTold)
    process.stderr.write(
      isOne
        ? 'No proposer answers, so what was moved to other groups is compared as well.\n'
        : 'No proposer answers, so whether there are other groups than main is not known: only that one is compared.\n',
    );
  if (!isOne) return groups;
  const map = groups[0]?.map ?? ONE_GROUP;
  const known = groups.find(other => other.group === group);
  const isGiven = flags.acceptors !== undefined || process.env.SYNOD_ACCEPTORS !== undefined;
  return [!isGiven && known !== undefined ? known : { group, acceptors: config.acceptors, map }];
}

function titled(group: string, text: string): string {
  return group === '' ? text : `group ${group}\n\n${text}\n`;
}

/** That of the worst. */
export function exitCodeOfReports(reports: readonly ClusterReport[]): number {
  const codes = reports.map(exitCodeOfReport);
  const isAny = (code: number): boolean => codes.includes(code);
  if (isAny(QUARANTINE_EXIT_CODE)) return QUARANTINE_EXIT_CODE;
  return isAny(NOT_YET_EXIT_CODE) ? NOT_YET_EXIT_CODE : 0;
}

/** 0 well, 65 a rule of the protocol is broken, 75 not yet. */
export function exitCodeOfReport(report: ClusterReport): number {
  if (report.faults > 0) return QUARANTINE_EXIT_CODE;
  return isWell(report) ? 0 : NOT_YET_EXIT_CODE;
}

function isWell({ members, faults, unsettled }: ClusterReport): boolean {
  return faults === 0 && unsettled === 0 && members.every(({ status }) => status === 'voting');
}

export function clusterReportText(report: ClusterReport): string {
  const { members, keys, settled, moving, unsettled, unsettledKeys, faults, faultTexts, left } = report;
  const rows = [['acceptor', 'status', 'keys', 'behind', 'ahead'], ...members.map(row)];
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...rows.map(cells => cells[column]?.length ?? 0)));
  const lines = [
    ...rows.map(cells => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
    '',
    `${keys} keys: ${settled} settled, ${moving} in flight, ${unsettled} unsettled, ${faults} faults`,
    ...(left > 0 ? [`${left} more of partitions that were moved to other groups; nobody reads them`] : []),
    ...members.flatMap(({ id, why }) => (why === '' ? [] : [`${id}: ${why}`])),
    ...faultTexts.map(text => `fault: ${text}`),
    ...unsettledKeys.map(key => `unsettled: ${key}`),
    ...unnamed(unsettled - unsettledKeys.length, 'unsettled keys'),
    ...unnamed(faults - faultTexts.length, 'faults'),
    verdict(report),
  ];
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`;
}

function row({ id, status, keys, behind, ahead }: MemberReport): readonly string[] {
  return status === 'voting'
    ? [id, status, String(keys), String(behind), String(ahead)]
    : [id, status, '-', '-', '-'];
}

function unnamed(count: number, what: string): readonly string[] {
  return count > 0 ? [`and ${count} more ${what}`] : [];
}

function verdict({ members, faults, unsettled }: ClusterReport): string {
  if (faults > 0)
    return 'A rule of the protocol is broken: stop the proposers and keep all files as they are.';
  if (unsettled > 0)
    return 'No rule is broken. No state of the unsettled keys stands on a quorum of those that vote: a read of such a key settles it.';
  const missing = members.filter(({ status }) => status !== 'voting').map(({ id }) => id);
  if (missing.length > 0) return `What those that vote hold agrees. Not compared: ${missing.join(', ')}.`;
  return 'Every key stands on a quorum.';
}
