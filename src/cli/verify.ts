// `synod verify`: whether the file of a stopped acceptor is whole.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { QUARANTINE_EXIT_CODE } from '../node/fatal-error.ts';
import { type FileReport, verifyFile } from '../storage/verify-file.ts';

const EXAMPLES = `
Examples:
  synod verify --data .synod/a1
  synod verify --data /var/lib/synod/a1/acceptor.db --json

Stop the acceptor first. The file is read and not changed: SQLite's structures, then every row by its checksum. A file that is
whole can still be an old one: only the other acceptors know its latest commit, and the acceptor asks them when it
starts. Exit code 0: whole. 65: damaged, or marked as one that must not vote. 1: it could not be checked.`;

const PROGRESS_MS = 1000;

interface Flags {
  readonly data: string;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description("check a stopped acceptor's file for damage")
    .requiredOption('--data <PATH>', "the acceptor's directory, or its file")
    .option('--json', 'one JSON object on stdout, and nothing on stderr')
    .addHelpText('after', EXAMPLES)
    .action(async ({ data, json = false }: Flags) => {
      const report = await verifyFile(fileOf(data), json ? () => {} : progress());
      process.stdout.write(json ? `${JSON.stringify(plain(report))}\n` : textOf(report));
      process.exitCode = isWell(report) ? 0 : QUARANTINE_EXIT_CODE;
    });
}

function fileOf(data: string): string {
  const isDirectory = statSync(data, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isDirectory ? join(data, 'acceptor.db') : data;
}

function progress(): (done: number, all: number) => void {
  let nextMs = performance.now() + PROGRESS_MS;
  return (done, all) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_MS;
    process.stderr.write(`checked ${done} of ${all} rows\n`);
  };
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
