// What `synod up` prints when everything runs: the processes, and lines to paste.

import { join } from 'node:path';
import type { UpConfig } from '../node/config/up-config.ts';
import type { ClusterFile } from '../node/local/cluster-file.ts';

interface Example {
  readonly subject: string;
  readonly body: string;
}

/** @param dashboard its URL; undefined for none */
export function describeCluster(
  members: ClusterFile,
  { directory, prefix }: UpConfig,
  dashboard?: string,
): string {
  const { nats, acceptors, proposers } = members;
  const rows = [
    ['nats-server', pidText(nats.pid), nats.url],
    ...(nats.websocket === undefined ? [] : [['for browsers', '', nats.websocket]]),
    ...acceptors.map(({ id, pid }) => [`acceptor ${id}`, pidText(pid), join(directory, id)]),
    ...proposers.map(({ id, pid }) => [`proposer ${id}`, pidText(pid), `${prefix}.>`]),
    ...(dashboard === undefined ? [] : [['dashboard', 'here', dashboard]]),
  ];
  const examples = examplesOf(prefix);
  const sections = [
    table(rows),
    `  data in ${directory}, logs in ${join(directory, 'logs')}, pids in ${join(directory, 'cluster.json')}`,
    'A write, a second write that is refused, and a compare-and-set. With the nats command line:',
    examples.map(example => `  ${natsLine(nats.url, example)}`).join('\n'),
  ];
  const socketLines = examples.map(example => socketLine(nats.url, example));
  if (!socketLines.includes(undefined)) {
    sections.push('The same over a bare socket, in bash:', socketLines.map(line => `  ${line}`).join('\n'));
  }
  return `${sections.join('\n\n')}\n`;
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
