// The command line of a client against a real cluster: what it prints and how it ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/index.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const cluster = new TestCluster();
const children: ChildProcess[] = [];
let members: Members;
let client: Client;

test.before(async () => {
  members = await cluster.start();
  client = await connect({ servers: members.nats.url });
});
test.after.always(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const { pid } of members.acceptors) process.kill(pid, 'SIGCONT');
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[]): ChildProcess {
  const env = { ...process.env, NATS_URL: members.nats.url };
  const child = spawn(process.execPath, [MAIN, ...args], { env });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', chunk => {
    out += chunk;
  });
  child.stderr?.on('data', chunk => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** @param line words with single spaces between */
function synod(line: string, ...more: readonly string[]): Promise<Ended> {
  const child = start([...line.split(' '), ...more]);
  child.stdin?.end();
  return ended(child);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 20));
}

test.serial('get, put, create, cas, del: values out and in, and how each is refused', async t => {
  t.like(await synod('get c.k'), { code: 66, out: '', err: "'c.k' is unset\n" });
  t.like(await synod('put c.k 7'), { code: 0, out: 'version 1\n', err: '' });
  t.like(await synod('get c.k'), { code: 0, out: '7\n' });
  t.like(await synod('create c.k 8'), { code: 73, out: '' });
  t.like(await synod('cas c.k --expect 7', '{"a":[1]}'), { code: 0, out: 'version 2\n' });
  t.like(await synod('cas c.k x --version 1'), { code: 73 });
  t.like(await synod('cas c.k hello --version 2'), { code: 0 });
  t.like(await synod('get c.k --json'), {
    code: 0,
    out: '{"ok":true,"set":true,"value":"hello","version":3}\n',
  });
  t.like(await synod('del c.k --version 2'), { code: 73 });
  t.like(await synod('del c.k --version 3'), { code: 0, out: 'unset\n' });
  t.like(await synod('get c.k --json'), { code: 66, out: '{"ok":true,"set":false,"version":0}\n' });
  t.like(await synod('create c.k 007'), { code: 0 });
  t.is((await client.variable('c.k').read()).value, '007');
  await synod('put c.k 8 --text');
  t.is((await client.variable('c.k').read()).value, '8');
});

test.serial('what cannot be counted or locked is said with its value', async t => {
  await client.variable('c.text').write('world');
  for (const [line, why] of [
    ['counter c.text', /^Cannot count with 'c\.text': its value is world, which is no number$/m],
    [
      'lock c.text -- true',
      /^Cannot acquire the lock 'c\.text': its value is world, and not that of a lock$/m,
    ],
    ['elect c.text n1 -- true', /^Cannot acquire the lock 'c\.text': its value is world,/m],
    ['elect c.text --observe', /^'c\.text' is no lock: its value is world,/m],
  ] as const) {
    const { code, out, err } = await synod(line);
    t.like({ code, out }, { code: 73, out: '' }, line);
    t.regex(err, why);
  }
});

test.serial('files that cannot be read or written are named, with what to do', async t => {
  const nkey = join(cluster.directory, 'u.nk');
  t.is((await synod(`nkey ${nkey}`)).code, 0);
  for (const [line, why] of [
    [
      `nkey ${nkey}`,
      `Cannot write '${nkey}': it is there already and is not overwritten, give another name\n`,
    ],
    ['batch /none/x', "Cannot read '/none/x': there is no such file\n"],
    ['import /none/x', "Cannot read '/none/x': there is no such file\n"],
    [
      `export /none/x --nats ${members.nats.url}`,
      "Cannot write '/none/x': there is no directory '/none', make it first\n",
    ],
    [
      `backup /none/x --nats ${members.nats.url}`,
      "Cannot write '/none/x': there is no directory '/none', make it first\n",
    ],
    [`restore /none/x --nats ${members.nats.url}`, "Cannot read '/none/x': there is no such file\n"],
    [
      `backup ${cluster.directory} --nats ${members.nats.url}`,
      `Cannot write '${cluster.directory}': it is a directory, give a file\n`,
    ],
  ] as const)
    t.like(await synod(line), { code: 1, out: '', err: why }, line);
});

test.serial('watch and elect --observe say when nobody answers them, once, and go on', async t => {
  for (const line of ['watch c.nobody --timeout 1', 'elect c.nobody --observe --timeout 1']) {
    const child = start([...line.split(' '), '--prefix', 'nope']);
    const end = ended(child);
    let err = '';
    child.stderr?.on('data', chunk => {
      err += chunk;
    });
    await until(async () => err.includes('It goes on asking until Ctrl-C.\n'));
    t.is(child.exitCode, null);
    child.kill('SIGKILL');
    t.regex((await end).err, /nobody serves these subjects.*\nAsked: nope\.> at nats:.*\nIt goes on/);
  }
});

test.serial('put: registers and switches are written once', async t => {
  t.like(await synod('put c.r one --kind register'), { code: 0 });
  const second = await synod('put c.r two --kind register --json');
  t.is(second.code, 73);
  t.like(JSON.parse(second.out), { ok: false, error: { code: 'already_written' }, value: 'one', version: 1 });
  t.is(second.err, '');
  t.like(await synod('get c.r'), { code: 0, out: 'one\n' });
  t.like(await synod('put c.s --kind switch'), { code: 0 });
  t.like(await synod('get c.s'), { code: 0, out: 'set\n' });
  t.like(await synod('put c.s --kind switch'), { code: 73 });
});

test.serial('put: - reads the value from stdin', async t => {
  const child = start(['put', 'c.in', '-', '--text']);
  child.stdin?.end('from a pipe');
  t.is((await ended(child)).code, 0);
  t.is((await client.variable('c.in').read()).value, 'from a pipe');
});

test.serial('change and counter: the value that they made', async t => {
  t.like(await synod('change c.n add 5'), { code: 0, out: '5\n' });
  t.like(await synod('counter c.n'), { code: 0, out: '6\n' });
  t.like(await synod('counter c.n -- -4'), { code: 0, out: '2\n' });
  t.like(await synod('change c.set addToSet red {"a":1}'), { code: 0, out: '["red",{"a":1}]\n' });
  const none = await synod('change c.n nonsense');
  t.is(none.code, 1);
  t.regex(none.err, /no change 'nonsense'.*\n`nats micro info synod`/);
  t.like(await synod('change c.n append 1'), { code: 73 });
});

test.serial('what is asked wrongly is said, with exit code 1', async t => {
  for (const [line, why] of [
    ['get bad!key', /'bad!key'/],
    ['cas c.k 1', /either --version or --expect/],
    ['put c.k', /takes a VALUE/],
    ['put c.k 1 --kind thing', /'thing' is no kind/],
    ['counter c.n 1.5', /'1\.5' for N: it must be a whole number/],
    ['get c.k --server http://x', /http:\/\/x/],
    ['get c.k --user me', /--user without --password/],
    ['get c.k --nats-user me --token x', /--user without --password.*\n.*--user and --token together/],
    ['status --user me', /--nats-user without --nats-password/],
    ['get', /missing required argument/],
    ['lock c.l --ttl 0 -- true', /for --ttl/],
    ['elect c.e n1', /COMMAND/],
    ['elect c.e -- sh -c true', /^NAME of this candidate is missing before -- sh -c true$/m],
    ['lock -- sh -c true', /^KEY is missing before -- sh -c true$/m],
    ['once -- sh -c true', /^KEY is missing before -- sh -c true$/m],
    ['watch a*', /'a\*'/],
  ] as const) {
    const { code, err } = await synod(line);
    t.is(code, 1, line);
    t.regex(err, why);
  }
});

/** Takes connections, says nothing and ends none. @returns its URL as that of a NATS server */
async function silentServer(t: ExecutionContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => sockets.add(socket.on('error', () => {})));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `nats://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test.serial(
  'a server that accepts and speaks no NATS is given up, and does not keep the command',
  async t => {
    const url = await silentServer(t);
    const get = await synod(`get c.k --timeout 1 --server ${url}`);
    t.is(get.code, 69);
    t.regex(get.err, new RegExp(`at ${url}: .*\\nNothing there spoke NATS in time.* is --server`));
    const status = await synod(`status --nats ${url}`);
    t.is(status.code, 1);
    t.regex(status.err, new RegExp(`at ${url}: .*\\nNothing there spoke NATS in time.* is --nats`));
    // Also beside one that is good.
    t.is((await synod(`put c.beside 1 --server ${url},${members.nats.url}`)).code, 0);
  },
);

test.serial('no server, no proposer and no quorum are told apart', async t => {
  const noServer = await synod('get c.k --timeout 1 --server nats://127.0.0.1:1');
  t.is(noServer.code, 69);
  t.regex(noServer.err, /Cannot connect to NATS at nats:\/\/127\.0\.0\.1:1.*\nNo NATS server/);
  const noProposer = await synod('get c.k --timeout 1 --prefix elsewhere --json');
  t.is(noProposer.code, 69);
  t.is(JSON.parse(noProposer.out).error.code, 'no_proposer');
  const [a1, a2] = members.acceptors;
  if (a1 === undefined || a2 === undefined) throw new Error('the cluster is too small');
  for (const { pid } of [a1, a2]) process.kill(pid, 'SIGSTOP');
  const noQuorum = await synod('get c.k --timeout 2');
  const put = await synod('put c.k 1 --timeout 2');
  for (const { pid } of [a1, a2]) process.kill(pid, 'SIGCONT');
  t.is(noQuorum.code, 69);
  t.regex(noQuorum.err, /No quorum: proposers answer, and too few acceptors do/);
  t.is(put.code, 75, put.err);
  t.regex(put.err, /quorum/);
});

test.serial(
  'lock: the command has the token, its exit code is that of the command, and the next one waits',
  async t => {
    const echo = 'echo $SYNOD_KEY $SYNOD_TOKEN; exit 3';
    t.like(await synod('lock c.lock -- sh -c', echo), { code: 3, out: 'c.lock 1\n' });
    t.like(await synod('lock c.lock -- sh -c', 'kill -9 $$'), { code: 137 });
    const holder = await client.lock('c.lock').acquire({ owner: 'ann' });
    const busy = await synod('lock c.lock --no-wait -- true');
    t.is(busy.code, 73);
    t.regex(busy.err, /it is held by 'ann'/);
    const waiting = synod('lock c.lock -- sh -c', 'echo $SYNOD_TOKEN');
    await holder.release();
    const { code, out } = await waiting;
    t.is(code, 0);
    t.true(Number(out) > holder.token);
    t.is(await client.lock('c.lock').holder(), undefined);
    const missing = await synod('lock c.lock -- /no/such/program');
    t.is(missing.code, 1);
    t.regex(missing.err, /Cannot run '\/no\/such\/program'/);
  },
);

test.serial('lock: when the lease is lost, the command and what it started are stopped', async t => {
  const child = start([
    'lock',
    'c.lost',
    '--ttl',
    '1',
    '--',
    'sh',
    '-c',
    'sleep 100 & echo $!; sleep 100; true',
  ]);
  const end = ended(child);
  await until(async () => (await client.lock('c.lost').holder()) !== undefined);
  await client.variable('c.lost').delete();
  const { code, out, err } = await end;
  t.is(code, 76);
  t.regex(err, /Lost the lock 'c\.lost'/);
  const pid = Number(out);
  t.true(pid > 1, out);
  await until(async () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
});

test.serial('lock: signals are passed on to the command', async t => {
  const child = start([
    'lock',
    'c.signal',
    '--',
    'sh',
    '-c',
    'trap "echo stopping; exit 7" TERM; echo up; while :; do sleep 0.1; done',
  ]);
  const end = ended(child);
  if (child.stdout !== null) await once(child.stdout, 'data');
  child.kill('SIGTERM');
  t.like(await end, { code: 7, out: 'up\nstopping\n' });
  t.is(await client.lock('c.signal').holder(), undefined);
});

test.serial('lock: a signal ends the waiting, and leaves nothing held', async t => {
  const holder = await client.lock('c.wait', { ttlMs: null }).acquire();
  // It is refused, which is remembered in the register, so that there is a hint.
  const refused = new Promise<void>(resolve => client.hints('c.wait', () => resolve()));
  const child = start(['lock', 'c.wait', '--', 'echo', 'never']);
  const end = ended(child);
  await refused;
  child.kill('SIGTERM');
  t.like(await end, { code: 143, out: '' });
  await holder.release();
  t.is(await client.lock('c.wait').holder(), undefined);
});

test.serial('elect: the command runs while its candidate leads, and observers are told', async t => {
  const observer = start(['elect', 'c.e', '--observe']);
  const observed = ended(observer);
  const child = start(['elect', 'c.e', 'n1', '--', 'sh', '-c', 'echo up; exec sleep 100']);
  const end = ended(child);
  if (child.stdout !== null) await once(child.stdout, 'data');
  t.is((await client.election('c.e').leader())?.name, 'n1');
  child.kill('SIGTERM');
  t.is((await end).code, 143);
  t.is(await client.election('c.e').leader(), undefined);
  const lease = await client.election('c.e').campaign('n2');
  let seen = '';
  observer.stdout?.on('data', chunk => {
    seen += chunk;
  });
  await until(async () => seen.includes('n2'));
  await lease.release();
  observer.kill('SIGKILL');
  const { out } = await observed;
  t.true(out.includes(`n2\t${lease.token}\n`), out);
});

test.serial('once: the command runs once, and everybody gets what it printed', async t => {
  const line = 'once c.once -- sh -c';
  const results = await Promise.all(
    ['echo one', 'echo two', 'echo three'].map(script => synod(line, script)),
  );
  t.true(results.every(({ code }) => code === 0));
  t.is(new Set(results.map(({ out }) => out)).size, 1);
  t.is(`${(await client.register('c.once').read()).value}\n`, results[0]?.out ?? '');
  t.like(await synod('once c.fails -- sh -c', 'echo no; exit 4'), {
    code: 4,
    out: '',
    err: 'no\nThe command ended with 4, and nothing is stored\n',
  });
  t.like(await synod('once c.fails --json -- echo yes'), {
    code: 0,
    out: '{"ok":true,"first":true,"value":"yes"}\n',
  });
  t.like(await synod('once c.fails --json -- echo again'), {
    out: '{"ok":true,"first":false,"value":"yes"}\n',
  });
});

test.serial('watch: a line for each state', async t => {
  const child = start(['watch', 'c.w.>']);
  let out = '';
  child.stdout?.on('data', chunk => {
    out += chunk;
  });
  const counter = client.counter('c.w.n');
  await until(async () => {
    await counter.add();
    return out.includes('c.w.n\t');
  });
  await client.variable('c.w.n').delete();
  await until(async () => out.includes('c.w.n\t0\t(unset)\n'));
  const versions = [...out.matchAll(/^c\.w\.n\t([1-9]\d*)\t/gm)].map(match => Number(match[1]));
  t.deepEqual(
    versions,
    [...new Set(versions)].sort((a, b) => a - b),
  );
  const end = once(child, 'close');
  child.kill('SIGKILL');
  await end;
});

test.serial('batch asks for each line, says how each ended, and ends with the code of the worst', async t => {
  const lines = [
    { operation: 'variable.write', key: 'cli.batch', value: [1] },
    { operation: 'variable.create', key: 'cli.batch.new', value: 'x' },
    { operation: 'variable.cas', key: 'cli.batch.none', value: 1, version: 7 },
    { operation: 'lock.acquire', key: 'cli.batch.lock', owner: 'me' },
  ];
  const child = start(['batch']);
  child.stdin?.end(lines.map(line => `${JSON.stringify(line)}\n`).join('\n'));
  const { code, out, err } = await ended(child);
  t.is(code, 73);
  t.is(err, '2 of 4 done\n');
  t.like(
    out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line)),
    [
      { ok: true, set: true, value: [1], version: 1 },
      { ok: true, version: 1 },
      { ok: false, error: { code: 'conflict' }, set: false },
      {
        ok: false,
        error: { code: 'bad_request', message: "There is no operation 'lock.acquire' for a batch" },
      },
    ],
  );
  const wrong = start(['batch']);
  wrong.stdin?.end('{"operation":"switch.set"}\n');
  t.like(await ended(wrong), { code: 1, out: '', err: 'Line 1 needs an "operation" and a "key"\n' });
});

for (const node of [
  `acceptor --id a9 --data ${join(cluster.directory, 'a9')} --acceptors a9`,
  'proposer --name p9 --acceptors a9',
]) {
  test(`synod ${node.split(' ')[0]} ends when it is told to, also while it waits for a NATS server`, async t => {
    const child = start([...node.split(' '), '--nats', 'nats://127.0.0.1:1']);
    const end = ended(child);
    // It says that there is none.
    await once(child.stderr ?? child, 'data');
    child.kill('SIGTERM');
    t.is((await end).code, 0);
  });
}
