// What a real cluster tells of itself: synod status beside a paused acceptor, health and metrics over HTTP, traces.

import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const cluster = new TestCluster({ SYNOD_SLOW_MS: '1' });
let members: Members;
let transport: NatsTransport;
let client: Client;

test.before(async () => {
  members = await cluster.start();
  transport = await connectNats({ servers: [members.nats.url], name: 'test', connectTimeoutMs: 5000 });
  const service = new NatsService(transport, { prefix: 'synod', traceparent: () => TRACE });
  client = new Client(service, { timeoutMs: 15_000 });
});
test.after.always(async () => {
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

function synod(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [MAIN, ...args, '--nats', members.nats.url], (error, stdout) => {
      resolve({ code: Number(error?.code ?? 0), stdout });
    });
  });
}

const statusShape = z.object({
  epoch: z.number(),
  acceptors: z.array(
    z.object({ id: z.string(), status: z.string(), told: z.looseObject({ http: z.string() }).optional() }),
  ),
  proposers: z.array(z.looseObject({ name: z.string(), http: z.string() })),
});

test.serial('a trace goes with a request to the hint of its change and to the log of a slow one', async t => {
  const heard = new Promise<string | undefined>(resolve => {
    transport.subscribe('synod.events.traced.>', message => resolve(message.header('traceparent')));
  });
  await transport.flush();
  // So many wait for each other, for longer than a millisecond.
  const keys = Array.from({ length: 100 }, (_, i) => `traced.${i}`);
  await Promise.all(keys.map(key => client.variable(key).write(1)));
  t.is(await heard, TRACE);
  const logs = ['p1', 'p2'].map(name => readFileSync(join(cluster.directory, 'logs', `${name}.log`), 'utf8'));
  const slow = logs
    .flatMap(log => log.split('\n'))
    .filter(line => line.includes('"event":"slow_request"'))
    .map(line => JSON.parse(line));
  t.like(slow[0], { operation: 'variable.write', trace: TRACE, level: 'warn' });
  t.true(keys.includes(slow[0]?.key));
});

test.serial('synod status: all is well, and where HTTP is told how', async t => {
  const { code, stdout } = await synod('status', '--json');
  t.is(code, 0);
  const { acceptors, proposers } = statusShape.parse(JSON.parse(stdout));
  t.deepEqual(
    acceptors.map(({ id, status }) => [id, status]),
    [
      ['a1', 'voting'],
      ['a2', 'voting'],
      ['a3', 'voting'],
    ],
  );
  t.deepEqual(
    proposers.map(({ name }) => name),
    ['p1', 'p2'],
  );
  for (const url of [acceptors[0]?.told?.http, proposers[0]?.http]) {
    t.is((await fetch(`${url}/readyz`)).status, 200);
    t.regex(await (await fetch(`${url}/metrics`)).text(), /^synod_epoch 1$/m);
  }
});

test.serial('synod status: NATS is reached by the flags of client commands, too', async t => {
  const status = await new Promise<string>(resolve => {
    execFile(process.execPath, [MAIN, 'status', '--json', '-s', members.nats.url], (_, stdout) =>
      resolve(stdout),
    );
  });
  t.is(statusShape.parse(JSON.parse(status)).acceptors.length, 3);
});

function pause(t: ExecutionContext, pid: number): void {
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => process.kill(pid, 'SIGCONT'));
}

test.serial('synod status: one that does not answer is shown as silent, and nobody waits for it', async t => {
  pause(t, members.acceptors[1]?.pid ?? 0);
  const { code, stdout } = await synod('status');
  t.is(code, 75);
  t.regex(stdout, /^cluster synod, epoch 1$/m);
  t.regex(stdout, /^a1 +voting +1 /m);
  t.regex(stdout, /^a2 +silent +- /m);
  t.regex(stdout, /^p1 +1 /m);
});

test.serial('synod status: a proposer that another one heard is missed, by the exit code too', async t => {
  pause(t, members.proposers[1]?.pid ?? 0);
  const { code, stdout } = await synod('status');
  t.is(code, 75);
  t.regex(stdout, /^a2 +voting +1 /m);
  t.regex(stdout, /^p1 +1 /m);
  t.regex(stdout, /^p2: silent, heard by another proposer /m);
});
