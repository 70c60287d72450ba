// `synod verify --data`: whether the file of a stopped acceptor is whole.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { QUARANTINE_EXIT_CODE } from '../node/process/fatal-error.ts';
import { type FileReport, verifyFile } from '../storage/verify-file.ts';
import { progress } from './progress.ts';

export async function verifyFileAndTell(data: string, isJson: boolean): Promise<void> {
  const tell = progress(isJson);
  const report = await verifyFile(fileOf(data), (done, all) => tell(`checked ${done} of ${all} rows`));
  process.stdout.write(isJson ? `${JSON.stringify(plain(report))}\n` : textOf(report));
  process.exitCode = isWell(report) ? 0 : QUARANTINE_EXIT_CODE;
}

function fileOf(data: string): string {
  const isDirectory = statSync(data, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isDirectory ? join(data, 'acceptor.db') : data;
}

function isWell({ problems, memory }: FileReport): boolean {
  return problems.length === 0 && memory.doubt === undefined;
}

function plain(report: FileReport): object {
  const { path, identity, memory, rows, keys, values, problems } = report;
  const { commits, isFormed, members, doubt, seen } = memory;
  return {
    ok: isWell(report),
    path,
    cluster: identity?.cluster ?? null,
    acceptor: identity?.acceptor ?? null,
    store: identity?.storeId ?? null,
    commits,
    formed: isFormed,
    members: members === undefined ? null : Object.fromEntries(members),
    seen: Object.fromEntries([...seen].map(([name, sighting]) => [name, sighting.commits])),
    quarantined: doubt ?? null,
    rows,
    keys,
    values,
    problems,
  };
}

function textOf({ path, identity, memory, rows, keys, values, problems }: FileReport): string {
  const { commits, isFormed, members, doubt } = memory;
  const who = identity === undefined ? 'unknown' : `${identity.acceptor} of cluster ${identity.cluster}`;
  const table = members === undefined ? '' : `: ${[...members].map(pair => pair.join('=')).join(' ')}`;
  const lines = [
    `file      ${path}`,
    `acceptor  ${who}`,
    `store     ${identity?.storeId ?? 'unknown'}`,
    `commits   ${commits}`,
    `cluster   ${isFormed ? 'formed' : 'not formed'}${table}`,
    `rows      ${rows}: ${keys} keys, ${values} of them with a value`,
    ...problems.map(problem => `damage    ${problem}`),
    ...(doubt === undefined ? [] : [`must not vote: ${doubt}`]),
    problems.length === 0 ? 'The file is whole.' : 'The file is damaged: do not start an acceptor on it.',
  ];
  return `${lines.join('\n')}\n`;
}
