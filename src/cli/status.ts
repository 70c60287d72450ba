// `synod status`: how every node of a cluster is.

import { Command } from 'commander';
import { clusterConfig } from '../node/config/config.ts';
import { clusterHelp } from '../node/config/config-settings.ts';
import {
  type AcceptorStanding,
  askCluster,
  type ClusterStatus,
  type GroupStatus,
  isWell,
  quantileMs,
} from '../node/operator/cluster-status.ts';
import { NOT_YET_EXIT_CODE } from '../node/process/fatal-error.ts';
import type { ProposerTold } from '../node/process/status.ts';
import { FIRST_GROUP } from '../protocol/group-map.ts';
import { IN_VAIN } from '../transport/service-errors.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';
import { table } from './table.ts';

const EXAMPLES = `
Examples:
  synod status
  synod status --json --nats nats://n1:4222

It asks every node over NATS and waits a second and a half at most: an acceptor without an answer is silent, and so is a
proposer that another one heard within the last ten minutes, unless it said goodbye. Where there are several groups of
acceptors, each has a table, with the partitions that it keeps and those on their way. "missed" counts the values that an acceptor accepted less than the one that accepted most, as the
proposers saw since they started: it was away, and \`synod verify\` tells which registers it is behind on.
"deleted" counts the registers that wait to be collected (\`synod collect\`), when that was last looked at.

Exit code 0: all members of all groups vote, a proposer answers, and none is silent. 75: not all of that. A proposer that was
stopped for good without a goodbye (kill -9, a lost machine) counts as silent until ten minutes later, or until one starts
under its name.`;

export function statusCommand(): Command {
  const command = new Command('status')
    .description('show how the acceptors and proposers of a cluster are')
    .option('--json', 'as one JSON object');
  return addSettings(command, clusterHelp)
    .addHelpText('after', PRECEDENCE + EXAMPLES)
    .action(async flags => {
      const { status } = await askCluster(clusterConfig(flags, process.env));
      process.stdout.write(flags.json === true ? `${JSON.stringify(status)}\n` : statusText(status));
      process.exitCode = isWell(status) ? 0 : NOT_YET_EXIT_CODE;
    });
}

export function statusText(status: ClusterStatus): string {
  const { cluster, epoch, isJoint, acceptors, proposers, silentProposers, groups, moves } = status;
  const lines = [
    `cluster ${cluster}, epoch ${epoch}${isJoint ? ', members are being changed' : ''}`,
    ...(groups.length === 0 ? [] : ['', groupText({ group: FIRST_GROUP, ...status })]),
    '',
    ...acceptorLines(acceptors),
    ...groups.flatMap(group => ['', groupText(group), '', ...acceptorLines(group.acceptors)]),
    ...moveLines(moves),
    '',
    ...table([PROPOSER_COLUMNS, ...proposers.map(proposerRow)]),
    ...(proposers.length === 0 ? ['none answers'] : []),
    ...silentProposers.map(
      ({ name, heardMsAgo }) =>
        `${name}: silent, heard by another proposer ${Math.round(heardMsAgo / 1000)} s ago`,
    ),
    ...differences(proposers),
  ];
  return `${lines.join('\n')}\n`;
}

/** The table of the acceptors, and why some of them must not vote. */
function acceptorLines(acceptors: readonly AcceptorStanding[]): readonly string[] {
  const whys = acceptors.flatMap(({ id, told }) =>
    told === undefined || told.why === '' ? [] : [`${id}: ${told.why}`],
  );
  return [...table([ACCEPTOR_COLUMNS, ...acceptors.map(acceptorRow)]), ...whys];
}

function groupText({ group, partitions, coming, going, epoch, isJoint, acceptors }: GroupStatus): string {
  const quarantined = acceptors.filter(({ status }) => status === 'quarantined').map(({ id }) => id);
  const facts = [
    `group ${group}`,
    `${partitions} partitions`,
    ...(coming > 0 ? [`${coming} of them on their way to it`] : []),
    ...(going > 0 ? [`${going} more leaving it`] : []),
    `epoch ${epoch}`,
    ...(isJoint ? ['members are being changed'] : []),
    ...(quarantined.length > 0 ? [`quarantined: ${quarantined.join(', ')}`] : []),
  ];
  return facts.join(', ');
}

function moveLines(moves: ClusterStatus['moves']): readonly string[] {
  if (moves.length === 0) return [];
  const ways = moves.map(
    ({ from, to, partitions }) => `${partitions} partitions on their way from ${from} to ${to}`,
  );
  return ['', ...ways, 'to go on with them, if nobody does: synod rebalance'];
}

const ACCEPTOR_COLUMNS = [
  'acceptor',
  'status',
  'epoch',
  'commits',
  'missed',
  'deleted',
  'disk',
  'free',
  'version',
  'http',
];

function acceptorRow({ id, isMember, status, missed, told }: AcceptorStanding): readonly string[] {
  const shown = isMember ? status : `${status}, no member`;
  if (told === undefined) return [id, shown, '-', '-', String(missed), '-', '-', '-', '-', '-'];
  const { epoch, commits = '-', uncollected = '-', disk, version, wire, http = '-' } = told;
  return [
    id,
    shown,
    String(epoch),
    String(commits),
    String(missed),
    String(uncollected),
    disk === undefined ? '-' : sizeText(disk.bytes),
    disk === undefined ? '-' : sizeText(disk.freeBytes),
    `${version} (wire ${wire})`,
    http,
  ];
}

const PROPOSER_COLUMNS = [
  'proposer',
  'epoch',
  'homes',
  'floors',
  'waiting',
  'requests',
  'failed',
  'p50',
  'p99',
  'longest gap',
  'version',
  'http',
];

function proposerRow(told: ProposerTold): readonly string[] {
  const { name, epoch, homes, floors, waiting, requests, results, latency, longestGapMs } = told;
  const failed = IN_VAIN.reduce((sum, code) => sum + (results[code] ?? 0), 0);
  return [
    name,
    ...[epoch, homes, floors, waiting, requests, failed].map(String),
    timeText(quantileMs(latency, 0.5)),
    timeText(quantileMs(latency, 0.99)),
    timeText(longestGapMs.ever),
    `${told.version} (wire ${told.wire})`,
    told.http ?? '-',
  ];
}

/** Proposers that know other changes answer the same request otherwise. */
function differences(proposers: readonly ProposerTold[]): readonly string[] {
  const known = proposers.map(({ name, changes }) => `${name}: ${changes.join(', ') || 'none'}`);
  const sets = new Set(proposers.map(({ changes }) => changes.toSorted().join(' ')));
  if (sets.size === 1) return sets.has('') ? [] : ['', `own changes: ${proposers[0]?.changes.join(', ')}`];
  return sets.size === 0 ? [] : ['', 'own changes differ between proposers:', ...known];
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
