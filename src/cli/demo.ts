// `synod demo`: a guided tour on a real cluster of processes, in under a minute.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Client } from '../client/client.ts';
import { RefusedError } from '../client/errors.ts';
import { NatsService } from '../client/nats-service.ts';
import { printExplanation } from '../history/explanation.ts';
import { operationsOf } from '../history/history.ts';
import { checkLinearizable } from '../history/linearizability.ts';
import { synodModel } from '../history/register-models.ts';
import { upConfig } from '../node/config/up-config.ts';
import { LocalCluster } from '../node/local/local-cluster.ts';
import { BUILT_IN_CHANGES } from '../protocol/changes.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { type Load, runLoad } from './demo-load.ts';

const LOAD_MS = 10_000;
const WORKERS = 16;
const KEYS = ['demo.red', 'demo.green', 'demo.blue', 'demo.white'];

export function demoCommand(): Command {
  return new Command('demo')
    .description('a guided tour on a real cluster, in under a minute')
    .option('--nats <URLS>', 'use NATS servers that run (default NATS_URL, else one of its own)')
    .action(async flags => {
      const directory = mkdtempSync(join(tmpdir(), 'synod-demo-'));
      const port = flags.nats === undefined && process.env.NATS_URL === undefined ? { natsPort: '0' } : {};
      const config = upConfig({ ...flags, ...port, data: directory }, process.env);
      const cluster = new LocalCluster(config, sentence => say(`  (${sentence})`));
      let isGood = false;
      try {
        isGood = await tour(cluster, config.prefix);
      } finally {
        await cluster.stop();
        rmSync(directory, { recursive: true, force: true });
      }
      process.exit(isGood ? 0 : 1);
    });
}

async function tour(cluster: LocalCluster, prefix: string): Promise<boolean> {
  say('Starting a cluster: nats-server, 3 acceptors, 2 proposers, each a process of its own.');
  await cluster.start();
  const transport = await connectNats({ servers: [cluster.members.nats.url], name: 'synod-demo' });
  const client = new Client(new NatsService(transport, { prefix }), { timeoutMs: 5000 });
  await showRegister(client);
  await showVariable(client);
  const load = await underFaults(cluster, transport, prefix);
  await client.close();
  return report(load);
}

async function showRegister(client: Client): Promise<void> {
  say('\nA write-once register, three properties:');
  const register = client.register('demo.register');
  await show('before a write a read is empty', 'register.read', register.read());
  await show('a write succeeds once', `register.write "first"`, register.write('first'));
  await show('every later write fails', `register.write "second"`, register.write('second'));
  await show('a read returns the value', 'register.read', register.read());
}

async function showVariable(client: Client): Promise<void> {
  say('\nA variable, compared and set by version, and changed by a named function:');
  const counter = client.variable<number>('demo.counter');
  await show('version 0 is unset', 'variable.cas 1 at version 0', counter.cas(1, { version: 0 }));
  await show('a stale version is refused', 'variable.cas 2 at version 0', counter.cas(2, { version: 0 }));
  await show('the current one is not', 'variable.cas 2 at version 1', counter.cas(2, { version: 1 }));
  await show('a named change', 'variable.change add 40', counter.change('add', [40]));
}

async function show(property: string, request: string, result: Promise<unknown>): Promise<void> {
  const answer = await result.then(
    state => `ok ${JSON.stringify(state) ?? ''}`,
    (error: unknown) => {
      if (error instanceof RefusedError) return `refused, ${error.code}: ${error.message}`;
      throw error;
    },
  );
  say(`  ${property.padEnd(32)} ${request.padEnd(30)} → ${answer}`);
}

async function underFaults(
  cluster: LocalCluster,
  transport: Awaited<ReturnType<typeof connectNats>>,
  prefix: string,
): Promise<Load> {
  say(`\n${WORKERS} clients on ${KEYS.length} registers for ${LOAD_MS / 1000} s, each request recorded:`);
  const inbox = `_INBOX.${randomBytes(8).toString('hex')}`;
  const options = { prefix, workers: WORKERS, keys: KEYS, durationMs: LOAD_MS };
  const load = runLoad(transport, inbox, options);
  const [acceptor] = cluster.members.acceptors;
  const [proposer] = cluster.members.proposers;
  await sleep(LOAD_MS * 0.25);
  say(`  ${seconds(0.25)} acceptor ${acceptor?.id} (pid ${acceptor?.pid}) is paused with SIGSTOP`);
  signal(acceptor?.pid, 'SIGSTOP');
  await sleep(LOAD_MS * 0.25);
  say(`  ${seconds(0.5)} proposer ${proposer?.id} (pid ${proposer?.pid}) is killed with SIGKILL`);
  signal(proposer?.pid, 'SIGKILL');
  await sleep(LOAD_MS * 0.25);
  say(`  ${seconds(0.75)} acceptor ${acceptor?.id} goes on (SIGCONT)`);
  signal(acceptor?.pid, 'SIGCONT');
  return load;
}

function report({ events, succeeded, refused, unknown, longestGapMs }: Load): boolean {
  const perSecond = Math.round((succeeded + refused) / (LOAD_MS / 1000));
  say(`\n  ${perSecond} operations per second: ${succeeded} done, ${refused} refused, ${unknown} unknown`);
  say(`  longest gap that any client saw: ${Math.round(longestGapMs)} ms`);
  const verdict = checkLinearizable(synodModel(BUILT_IN_CHANGES), operationsOf(events));
  say(`  the ${events.length} recorded events are: ${verdict.kind}`);
  if (verdict.kind !== 'linearizable') say(printExplanation(verdict.explanation));
  if (succeeded === 0) say('  but no request succeeded, so that this says nothing');
  return verdict.kind === 'linearizable' && succeeded > 0;
}

function signal(pid: number | null | undefined, name: NodeJS.Signals): void {
  if (typeof pid === 'number') process.kill(pid, name);
}

function seconds(part: number): string {
  return `${((LOAD_MS * part) / 1000).toFixed(1)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
