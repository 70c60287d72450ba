// What a backup costs: `node dist/test/bench/backup-sizes.js [keys ...]` (default 100000 and 1000000). Fills the files of three
// acceptors with registers of 100 characters, starts a cluster over them as a user would, and runs `synod backup`, `synod
// export`, and `synod restore` into a new cluster, with what they print. Then a table of times, rates and sizes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type UpConfig, upConfig } from '../../src/node/config/up-config.ts';
import { LocalCluster } from '../../src/node/local/local-cluster.ts';
import { fillFile } from './filled-files.ts';

const SYNOD = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000];

interface Row {
  readonly keys: number;
  readonly command: string;
  readonly seconds: number;
  readonly megabytes: number;
}

const rows: Row[] = [];
for (const keys of COUNTS) rows.push(...(await measured(keys)));
console.log(
  '\n| keys      | command | time    | keys/s  | file     |\n| --------- | ------- | ------- | ------- | -------- |',
);
for (const { keys, command, seconds, megabytes } of rows) {
  const rate = `${Math.round(keys / seconds)}`;
  const cells = [
    `${keys}`.padEnd(9),
    command.padEnd(7),
    `${seconds.toFixed(1)} s`.padEnd(7),
    rate.padEnd(7),
    `${megabytes.toFixed(1)} MB`.padEnd(8),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function measured(keys: number): Promise<readonly Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'));
  const backup = join(directory, 'backup.synod');
  const lines = join(directory, 'export.jsonl');
  try {
    const full = upConfig({ data: join(directory, 'full'), natsPort: '0' }, {});
    for (const acceptor of full.acceptors)
      await fillFile({ directory: full.directory, cluster: full.cluster, acceptor, keys });
    console.log(`\n${keys} keys at each of ${full.acceptors.join(', ')}`);
    const taken = await within(full, async run => [
      { command: 'backup', seconds: await run(['backup', backup]), megabytes: await megabytesOf(backup) },
      { command: 'export', seconds: await run(['export', lines]), megabytes: await megabytesOf(lines) },
    ]);
    const empty = upConfig({ data: join(directory, 'new'), natsPort: '0' }, { SYNOD_CLUSTER: 'restored' });
    const restored = await within(empty, async run => [
      { command: 'restore', seconds: await run(['restore', backup]), megabytes: await megabytesOf(backup) },
    ]);
    return [...taken, ...restored].map(row => ({ keys, ...row }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

type Run = (args: readonly string[]) => Promise<number>;

async function within<Result>(config: UpConfig, use: (run: Run) => Promise<Result>): Promise<Result> {
  const cluster = new LocalCluster(config, () => undefined);
  try {
    await cluster.start();
    const { url } = cluster.members.nats;
    return await use(args =>
      secondsOf([
        ...args,
        '--nats',
        url,
        '--cluster',
        config.cluster,
        '--acceptors',
        config.acceptors.join(),
      ]),
    );
  } finally {
    await cluster.stop();
  }
}

/** Of a command, from its start to its end. What it prints is shown. */
async function secondsOf(args: readonly string[]): Promise<number> {
  console.log(`$ synod ${args.slice(0, 1).join(' ')}`);
  const startMs = performance.now();
  const child = spawn(process.execPath, [SYNOD, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`synod ${args.join(' ')} ended with exit code ${code}`);
  return (performance.now() - startMs) / 1000;
}

async function megabytesOf(path: string): Promise<number> {
  return (await stat(path)).size / 1e6;
}
