// What `synod up` prints when everything runs: the processes, and lines to paste.

import { join } from 'node:path';
import type { UpConfig } from '../node/config/up-config.ts';
import type { ClusterFile } from '../node/local/cluster-file.ts';
import { canServe, type UpSight } from './up-sight.ts';

interface Example {
  readonly subject: string;
  readonly body: string;
}

interface Described {
  /** Its URL; undefined for none. */
  readonly dashboard?: string | undefined;
  readonly sight: UpSight;
  /** What is well and could be better, a line each. */
  readonly notes?: readonly string[];
}

/** How it is, in a line: "is up" only if a majority votes. */
export function headline({ members, voting, majority }: UpSight, seconds: string): string {
  const who = `${voting} of ${members.length} acceptors ${voting === 1 ? 'votes' : 'vote'}`;
  if (voting < majority) return `Synod CANNOT SERVE: ${who}, and ${majority} must. Ctrl-C stops it.`;
  return `Synod is up (${seconds} s)${voting === members.length ? '' : `, but only ${who}`}. Ctrl-C stops it.`;
}

/** @param natsVersion undefined where the server does not say */
export function notesOn(
  { acceptors: { length } }: UpConfig,
  natsVersion: string | undefined,
): readonly string[] {
  const notes: string[] = [];
  if (length % 2 === 0)
    notes.push(
      `${length} acceptors bear no more failures than ${length - 1} (${Math.floor((length - 1) / 2)}): an odd number does the same with one less.`,
    );
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(natsVersion ?? '') ?? [];
  if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 10))
    notes.push(
      `nats-server ${natsVersion} goes on giving requests to a proposer that is paused; 2.10 or newer does not.`,
    );
  return notes;
}

export function describeCluster(
  members: ClusterFile,
  { directory, prefix }: UpConfig,
  { dashboard, sight, notes = [] }: Described,
): string {
  const { nats, acceptors, proposers } = members;
  const place = (id: string): string =>
    `${join(directory, id)}${sight.whys.has(id) ? '  does not vote' : ''}`;
  const rows = [
    ['nats-server', pidText(nats.pid), nats.url],
    ...(nats.websocket === undefined ? [] : [['for browsers', '', nats.websocket]]),
    ...acceptors.map(({ id, pid }) => [
      `acceptor ${id}`,
      sight.stopped.has(id) ? 'stopped' : pidText(pid),
      place(id),
    ]),
    ...proposers.map(({ id, pid }) => [`proposer ${id}`, pidText(pid), `${prefix}.>`]),
    ...(dashboard === undefined ? [] : [['dashboard', 'here', dashboard]]),
  ];
  const examples = examplesOf(prefix);
  const pids = canServe(sight) ? `, pids in ${join(directory, 'cluster.json')}` : '';
  const sections = [
    table(rows),
    ...(sight.whys.size === 0 ? [] : [[...sight.whys.values()].map(why => `  ${why}`).join('\n')]),
    `  data in ${directory}, logs in ${join(directory, 'logs')}${pids}${notes.map(note => `\n  ${note}`).join('')}`,
  ];
  if (!canServe(sight)) return `${[...sections, adviceOf(sight)].join('\n\n')}\n`;
  sections.push(
    'A write, a second write that is refused, and a compare-and-set. With the nats command line:',
    examples.map(example => `  ${natsLine(nats.url, example)}`).join('\n'),
  );
  const socketLines = examples.map(example => socketLine(nats.url, example));
  if (!socketLines.includes(undefined)) {
    sections.push('The same over a bare socket, in bash:', socketLines.map(line => `  ${line}`).join('\n'));
  }
  return `${sections.join('\n\n')}\n`;
}

function adviceOf({ members, majority }: UpSight): string {
  return (
    `Nothing is answered but no_quorum and unknown until ${majority} of ${members.join(', ')} vote; it is said here when they do. ` +
    'Mend what is said above and start again; if the files of a majority are lost for good, start with another --data DIR ' +
    'and give it a backup: synod restore (docs/operations.md).'
  );
}

function examplesOf(prefix: string): readonly Example[] {
  return [
    { subject: `${prefix}.register.write.first`, body: '{"value":"world"}' },
    { subject: `${prefix}.register.write.first`, body: '{"value":"moon"}' },
    { subject: `${prefix}.variable.cas.counter`, body: '{"value":1,"version":0}' },
  ];
}

function natsLine(url: string, { subject, body }: Example): string {
  return `nats -s ${url} req ${subject} '${body}'`;
}

/**
 * One request by hand: subscribe to a reply subject, publish with it, and print the line after the MSG that
 * comes. Undefined where the server wants TLS.
 */
function socketLine(url: string, { subject, body }: Example): string | undefined {
  const match = /^(?:nats:\/\/)?([A-Za-z0-9._-]+)(?::(\d+))?(?:\/|,|$)/.exec(url);
  if (match === null) return undefined;
  const [, host, port = '4222'] = match;
  const lines = [
    'CONNECT {"verbose":false}',
    'SUB r 1',
    `PUB ${subject} r ${Buffer.byteLength(body)}`,
    body,
    '',
  ];
  return `(exec 3<>/dev/tcp/${host}/${port}; printf '${lines.join('\\r\\n')}' >&3; timeout 5 sed -n '/^MSG/{n;s/\\r//;p;q}' <&3)`;
}

function pidText(pid: number | null): string {
  return pid === null ? 'not ours' : `pid ${pid}`;
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
