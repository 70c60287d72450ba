// `synod verify` without --data: whether the acceptors of a running cluster hold the same.

import type { ClusterReport, MemberReport } from '../node/cluster-check.ts';
import { askCluster } from '../node/cluster-status.ts';
import { clusterConfig, groupConfig } from '../node/config.ts';
import type { Flags } from '../node/config-sources.ts';
import { NOT_YET_EXIT_CODE, QUARANTINE_EXIT_CODE } from '../node/fatal-error.ts';
import { verifyCluster } from '../node/verify-cluster.ts';
import { clusterOf, FIRST_GROUP } from '../protocol/group-map.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import { progress } from './progress.ts';

export async function verifyClusterAndTell(flags: Flags, isJson: boolean): Promise<void> {
  const tell = progress(isJson);
  const config = groupConfig(flags, process.env);
  const report = await verifyCluster(config, (partitions, keys) => {
    tell(`compared ${partitions} of ${PARTITIONS} partitions, ${keys} keys`);
  });
  process.stdout.write(
    isJson ? `${JSON.stringify({ ok: isWell(report), ...report })}\n` : clusterReportText(report),
  );
  process.exitCode = exitCodeOfReport(report);
  const { groups } = await askCluster(clusterConfig(flags, process.env));
  const cluster = config.cluster.split('/')[0] ?? '';
  const others = [{ group: FIRST_GROUP, acceptors: [] }, ...groups].filter(
    ({ group }) => groups.length > 0 && clusterOf(cluster, group) !== config.cluster,
  );
  for (const { group, acceptors } of others) {
    const members = acceptors.map(({ id }) => id).join(',');
    const where = members === '' ? '' : ` --acceptors ${members}`;
    process.stderr.write(`The group ${group} was not compared: synod verify --group ${group}${where}\n`);
  }
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
  const { members, keys, settled, moving, unsettled, unsettledKeys, faults, faultTexts } = report;
  const rows = [['acceptor', 'status', 'keys', 'behind', 'ahead'], ...members.map(row)];
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...rows.map(cells => cells[column]?.length ?? 0)));
  const lines = [
    ...rows.map(cells => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
    '',
    `${keys} keys: ${settled} settled, ${moving} in flight, ${unsettled} unsettled, ${faults} faults`,
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
