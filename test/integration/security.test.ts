// What config/nats-secure.conf promises, tried on a real nats-server by those who would rather it did not hold.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { NatsConnection } from 'nats';
import { UnavailableError, UnknownOutcomeError } from '../../src/client/errors.ts';
import { type Client, connect } from '../../src/index.ts';
import { claimPort, LOOPBACK } from '../../src/node/local/nats-server.ts';
import type { Stamp } from '../../src/protocol/memory.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { decodeListing, encodeQuestion } from '../../src/transport/listing-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import { type Attacker, hasOpenssl, SecureCluster } from './secure-cluster.ts';

const HERE: Configuration = { cluster: 'synod', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
const ACCEPTORS = 'synod-internal.synod.acceptors';
const NO_BYTES = new Uint8Array(0);

const cluster = new SecureCluster();
let alice: Client;

test.before(async () => {
  await cluster.start();
  alice = await connect({ ...cluster.access('alice'), inboxPrefix: '_INBOX.alice' });
});
test.after.always(async () => {
  await alice?.close();
  await cluster.stop();
});

interface Seen {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** All that is said between acceptors and proposers, from now on. */
async function overhear({ connection }: Attacker): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  connection.subscribe('synod-internal.synod.>', {
    callback: (_, { subject, data }) => seen.push({ subject, data: Uint8Array.from(data) }),
  });
  await connection.flush();
  return seen;
}

/** What the server lets through of these, each tried by itself. */
async function allowed(
  attacker: Attacker,
  operation: 'publish' | 'subscription',
  subjects: readonly string[],
) {
  const { connection, refused } = attacker;
  const through: string[] = [];
  for (const subject of subjects) {
    const before = refused.length;
    if (operation === 'publish') connection.publish(subject, 'x');
    else connection.subscribe(subject, { callback: () => undefined });
    await settled(connection);
    if (!refused.slice(before).includes(`${operation} ${subject}`)) through.push(subject);
  }
  return through;
}

/** The server has dealt with all that came before, and its complaints have been heard. */
async function settled(connection: NatsConnection): Promise<void> {
  await connection.flush();
  await new Promise(resolve => setImmediate(resolve));
}

function request(attacker: Attacker, subject: string, body: object, inbox: string): Promise<unknown> {
  const reply = `${inbox}.${Math.random().toString(36).slice(2)}`;
  return new Promise((resolve, reject) => {
    attacker.connection.subscribe(reply, {
      max: 1,
      callback: (error, message) => (error === null ? resolve(message.json()) : reject(error)),
    });
    attacker.connection.publish(subject, JSON.stringify(body), { reply });
  });
}

async function nothingEnded(t: ExecutionContext): Promise<void> {
  t.deepEqual(await cluster.ended(), []);
}

if (!hasOpenssl) test('openssl is not installed: TLS is not tried here', t => t.pass());

test.serial('the sample configuration serves its clients, health checks and operators', async t => {
  t.is((await alice.variable('orders.1').write('A')).version, 1);
  t.is((await alice.variable('orders.1').read()).value, 'A');
  const keys: string[] = [];
  for await (const { key } of alice.list('orders.')) keys.push(key);
  t.deepEqual(keys, ['orders.1']);
  t.like(await alice.batch([{ operation: 'variable.read', key: 'orders.1' }]), [{ ok: true, value: 'A' }]);
  t.is(cluster.ping('acceptor', ['--id', 'a1', '--data', '/none']), 0);
  t.is(cluster.ping('proposer', ['--api-nats-nkey', cluster.file('api.nk')]), 0);
  const operator = await cluster.attacker('operator');
  t.like(await request(operator, '$SRV.PING.synod', {}, '_INBOX.operator'), { name: 'synod' });
  t.false(cluster.log('p1').includes('nats_refused'), cluster.log('p1'));
  t.false(cluster.log('a1').includes('nats_refused'), cluster.log('a1'));
});

test.serial('the configuration of docker-compose is sound too', t => {
  t.is(cluster.checkConfig('nats-secure-cluster.conf'), '');
});

test.serial('nobody gets in without a key of the configuration', async t => {
  const { nkeyFile, ...stranger } = cluster.access('alice');
  const error = await t.throwsAsync(connect({ ...stranger, connectTimeoutMs: 300 }), {
    instanceOf: UnavailableError,
  });
  t.regex(error?.message ?? '', /Authorization/i);
  await t.throwsAsync(connect({ ...stranger, user: 'alice', password: '', connectTimeoutMs: 300 }), {
    instanceOf: UnavailableError,
  });
});

if (hasOpenssl) {
  test.serial('nobody is let down to plain text, or to a server that anybody set up', async t => {
    const { nkeyFile, servers } = cluster.access('alice');
    const untrusting = connect({ servers, nkeyFile, connectTimeoutMs: 300 });
    t.regex((await t.throwsAsync(untrusting))?.message ?? '', /certificate/i);
    const port = await claimPort(0, '--port');
    const plain = spawn('nats-server', ['--addr', LOOPBACK, '--port', String(port)], { stdio: 'ignore' });
    t.teardown(() => plain.kill('SIGKILL'));
    const url = `localhost:${port}`;
    await (await connect({ servers: `nats://${url}`, connectTimeoutMs: 10_000 })).close();
    const downgraded = connect({ servers: `tls://${url}`, nkeyFile, connectTimeoutMs: 300 });
    t.regex((await t.throwsAsync(downgraded))?.message ?? '', /tls/i);
  });
}

test.serial('a client publishes nowhere but where it asks', async t => {
  const subjects = [
    ACCEPTORS,
    'synod-internal.synod.acceptor.a1',
    'synod-internal.synod.proposer.p1-x',
    'synod-internal.other.acceptors',
    'synod.events.orders.1',
    'synod.events.x.bob.y',
    'synod.song.write.bob.1',
    '_INBOX.bob.1',
    '$SRV.PING',
    '$SYS.REQ.SERVER.PING',
    'anything',
  ];
  t.deepEqual(await allowed(await cluster.attacker('alice'), 'publish', subjects), []);
  const others = [
    'synod.admin.list',
    // It would be every operation on every key.
    'synod.batch',
    'synod.variable.write.orders.1',
    'synod.variable.read.bob',
    'synod.switch.set.x.bob.y',
    'synod.lock.acquire.x',
    'synod.once.claim.x.bob.y',
  ];
  const bob = await cluster.attacker('bob');
  t.deepEqual(await allowed(bob, 'publish', [...subjects, ...others]), []);
  t.like(await request(bob, 'synod.variable.write.bob.1', { value: 1 }, '_INBOX.bob'), { ok: true });
  const claim = await request(bob, 'synod.once.claim.bob.2', { owner: 'bob' }, '_INBOX.bob');
  t.like(claim, { ok: true, held: true, owner: 'bob' });
});

test.serial(
  'the user of synod verify and status can see what acceptors hold and are, and change nothing',
  async t => {
    await alice.variable('orders.compared').write('A');
    const status = await cluster.look('status');
    t.is(status.code, 0, status.text);
    const { code, text } = await cluster.look('verify');
    t.is(code, 0, text);
    t.like(JSON.parse(text), { ok: true, faults: 0, unsettled: 0 });
    t.true(JSON.parse(text).keys > 0);
    const verifier = await cluster.attacker('verifier');
    const subjects = [
      ACCEPTORS,
      'synod-internal.synod.acceptor.a1',
      'synod-internal.synod.hellos',
      'synod-internal.synod.presence',
      'synod-internal.synod.proposer.p1-x',
      'synod.variable.write.orders.1',
      '_INBOX.synod-verify.x',
      'anything',
    ];
    t.deepEqual(await allowed(verifier, 'publish', subjects), []);
    const heard = [
      'synod-internal.>',
      'synod-internal.synod.listing.*',
      '_INBOX.synod-ping.>',
      'synod.>',
      '>',
    ];
    t.deepEqual(await allowed(verifier, 'subscription', heard), []);
    const bob = await cluster.attacker('bob');
    t.deepEqual(await allowed(bob, 'publish', ['synod-internal.synod.listing.a1']), []);
  },
);

test.serial('acceptors answer questions about what they hold nowhere but in their inboxes', async t => {
  const verifier = await cluster.attacker('verifier');
  const seen = await overhear(await cluster.attacker('acceptor'));
  const bytes = encodeQuestion(HERE, {
    sender: 'verify-1',
    recipient: 'a1',
    item: { kind: 'page', serial: 1, partition: 0, after: '' },
  });
  const ask = (reply: string): void =>
    verifier.connection.publish('synod-internal.synod.listing.a1', bytes, { reply });
  const answers: Uint8Array[] = [];
  verifier.connection.subscribe('_INBOX.synod-verify.>', {
    callback: (_, { data }) => void answers.push(Uint8Array.from(data)),
  });
  for (const reply of [ACCEPTORS, 'synod-internal.synod.acceptor.a2', '_INBOX.synod-verify.*']) ask(reply);
  ask('_INBOX.synod-verify.x1');
  while (answers.length === 0) await sleep(10);
  await settled(verifier.connection);
  t.is(answers.length, 1);
  const forged = seen.filter(
    ({ subject, data }) => !subject.includes('.listing.') && decodeListing(HERE, data).kind === 'envelope',
  );
  t.deepEqual(forged, []);
  await nothingEnded(t);
});

test.serial('a client reads no reply and no request of another, and takes none away', async t => {
  const bob = await cluster.attacker('bob');
  const subjects = [
    '>',
    '*.>',
    '_INBOX.>',
    '_INBOX.alice.>',
    '_INBOX.*.*',
    'synod.>',
    'synod.variable.>',
    'synod.events.orders.1',
    '$SRV.>',
    'synod-internal.>',
    ACCEPTORS,
  ];
  t.deepEqual(await allowed(bob, 'subscription', subjects), []);
  const stolen: string[] = [];
  bob.connection.subscribe('synod.variable.>', {
    queue: 'synod',
    callback: (error, { subject }) => stolen.push(error === null ? subject : 'refused'),
  });
  await settled(bob.connection);
  for (let i = 0; i < 20; i++) await alice.variable('orders.1').read();
  t.deepEqual([...new Set(stolen)], ['refused']);
});

test.serial('the side of a proposer that serves clients publishes only to inboxes and events', async t => {
  const subjects = [
    ACCEPTORS,
    'synod-internal.synod.acceptor.a1',
    'synod-internal.synod.proposer.p1-x',
    'synod.variable.write.orders.1',
    '$SRV.STATS.synod',
    '$SYS.REQ.SERVER.PING',
    'anything',
  ];
  const api = await cluster.attacker('api');
  t.deepEqual(await allowed(api, 'publish', subjects), []);
  t.deepEqual(await allowed(api, 'subscription', ['synod-internal.>', 'synod.>', '_INBOX.>', '>']), []);
  const replies = '_INBOX.synod-batch.x.*';
  t.deepEqual(await allowed(api, 'subscription', [replies]), [replies]);
  t.deepEqual(await allowed(api, 'publish', ['_INBOX.nobody.1', 'synod.events.nothing']), [
    '_INBOX.nobody.1',
    'synod.events.nothing',
  ]);
});

test.serial('a forged reply subject makes a proposer publish nothing to acceptors or requests', async t => {
  const seen = await overhear(await cluster.attacker('acceptor'));
  const forger = await cluster.attacker('alice');
  const before = await alice.variable('orders.1').read();
  const replies = [
    ACCEPTORS,
    'synod-internal.synod.acceptor.a1',
    'synod.variable.delete.orders.1',
    'synod.events.orders.1',
    '$SRV.PING',
    // Let past by our own check, and refused by the server.
    'anything.else',
  ];
  for (const reply of replies) {
    forger.connection.publish('synod.variable.read.orders.1', '{}', { reply });
    forger.connection.publish('synod.variable.write.orders!', '{}', { reply });
  }
  await settled(forger.connection);
  t.deepEqual(await alice.variable('orders.1').read(), before);
  await alice.variable('orders.2').write('seen');
  t.true(
    seen.some(({ subject }) => subject === ACCEPTORS),
    'nothing was overheard: this proves nothing',
  );
  const answers = seen.filter(({ data }) => data[0] === '{'.charCodeAt(0));
  t.deepEqual(
    answers.filter(({ subject }) => !subject.startsWith('synod-internal.synod.reach.')),
    [],
  );
  while (!cluster.log('p1').includes('nats_refused')) await sleep(10);
  t.regex(cluster.log('p1'), /publish anything\.else/);
  t.notRegex(cluster.log('p1'), /"what":"[^"]*synod-internal/);
  await nothingEnded(t);
});

test.serial('what was said between nodes changes nothing when it is said again', async t => {
  const eavesdropper = await cluster.attacker('acceptor');
  const seen = await overhear(eavesdropper);
  const variable = alice.variable<number>('replayed.variable');
  for (let i = 1; i <= 20; i++) await variable.write(i);
  await variable.delete();
  await variable.create(100);
  await alice.register('replayed.register').write('once');
  await settled(eavesdropper.connection);
  const recorded = [...seen];
  const state = await variable.read();
  for (const messages of [recorded, recorded.toReversed(), recorded]) {
    for (const { subject, data } of messages) eavesdropper.connection.publish(subject, data);
    await settled(eavesdropper.connection);
    t.deepEqual(await variable.read(), state);
  }
  t.true(recorded.length > 50, `only ${recorded.length} were replayed`);
  t.is((await variable.cas(101, { version: state.version })).version, state.version + 1);
  t.is((await alice.register('replayed.register').read()).value, 'once');
  await nothingEnded(t);
});

test.serial('messages of another cluster or epoch, cut or renamed ones, change nothing', async t => {
  const forger = await cluster.attacker('proposer');
  const seen = await overhear(forger);
  const variable = alice.variable<string>('foreign');
  const state = await variable.write('A');
  await settled(forger.connection);
  const poison = {
    kind: 'accept' as const,
    key: 'foreign',
    ballot: { counter: 1e9, proposer: 'evil' },
    value: pack([1, 2, 9, true, 'poison', [], []]),
    next: { counter: 1e9 + 1, proposer: 'evil' },
  };
  const envelope = { sender: 'evil', recipient: ALL, items: [poison], news: [] };
  const foreign = [
    encodeCommands({ ...HERE, cluster: 'other' }, envelope),
    encodeCommands({ ...HERE, epoch: 0 }, envelope),
    encodeCommands({ ...HERE, epoch: 2 }, envelope),
    encodeCommands(HERE, { ...envelope, sender: 'synod.>' }),
    encodeCommands(HERE, { ...envelope, recipient: 'a9' }),
  ];
  for (const bytes of foreign) forger.connection.publish(ACCEPTORS, bytes);
  for (const { subject, data } of [...seen]) {
    for (let length = 0; length < data.length; length++)
      forger.connection.publish(subject, data.subarray(0, length));
    forger.connection.publish(subject, Uint8Array.from([...data, 0]));
    // Questions and answers of health have no envelope.
    if (unpack(data).kind === 'refused') continue;
    forger.connection.publish(subject, renamed(data, { 1: 'other' }));
    forger.connection.publish(subject, renamed(data, { 2: 7 }));
    forger.connection.publish(subject, renamed(data, { 4: 'nobody' }));
    forger.connection.publish(subject, renamed(data, { 1: { toString: 1, valueOf: 1 } }));
  }
  await settled(forger.connection);
  t.deepEqual(await variable.read(), state);
  t.is((await variable.cas('B', { version: state.version })).version, state.version + 1);
  await nothingEnded(t);
});

/** The message with some parts of its envelope replaced. */
function renamed(data: Uint8Array, parts: Readonly<Record<number, unknown>>): Uint8Array {
  const unpacked = unpack(data);
  if (unpacked.kind === 'refused' || !Array.isArray(unpacked.value)) throw new Error('no message');
  return pack(Object.assign([...unpacked.value], parts));
}

test.serial('votes of those who are no members, or of one member many times, are no quorum', async t => {
  const variable = alice.variable<string>('votes');
  await variable.write('A');
  const forger = await cluster.attacker('proposer');
  let forged = 0;
  let stamp: Stamp = { store: '', incarnation: '', since: 0, commits: 0 };
  // Those of a1 itself, so that they are taken for its votes.
  forger.connection.subscribe('synod-internal.synod.proposer.*', {
    callback: (_, { data }) => {
      const decoded = decodeReplies(HERE, Uint8Array.from(data));
      if (decoded.kind === 'envelope' && decoded.envelope.sender === 'a1') stamp = decoded.envelope.stamp;
    },
  });
  const vote = (recipient: string, sender: string, key: string, counter: number): void => {
    const accepted = encodeReplies(HERE, {
      sender,
      recipient,
      items: [{ kind: 'accepted', key, counter }],
      stamp,
    });
    const promised = encodeReplies(HERE, {
      sender,
      recipient,
      stamp,
      items: [
        {
          kind: 'promised',
          key,
          counter,
          accepted: { counter: 0, proposer: '' },
          value: NO_BYTES,
        },
      ],
    });
    for (const bytes of [accepted, promised, accepted])
      forger.connection.publish(`synod-internal.synod.proposer.${recipient}`, bytes);
    forged += 1;
  };
  forger.connection.subscribe(ACCEPTORS, {
    callback: (_, { data }) => {
      const decoded = decodeCommands(HERE, Uint8Array.from(data));
      if (decoded.kind === 'refused') return;
      for (const item of decoded.envelope.items) {
        if (!('ballot' in item)) continue;
        for (const sender of ['a1', 'a8', 'a9'])
          vote(decoded.envelope.sender, sender, item.key, item.ballot.counter);
      }
    },
  });
  await forger.connection.flush();
  cluster.signal('a2', 'SIGSTOP');
  cluster.signal('a3', 'SIGSTOP');
  await t.throwsAsync(variable.write('B', { timeoutMs: 1500 }), { instanceOf: UnknownOutcomeError });
  cluster.signal('a2', 'SIGCONT');
  cluster.signal('a3', 'SIGCONT');
  t.true(forged > 0, 'nothing was forged');
  const { value } = await variable.read();
  t.true(value === 'A' || value === 'B');
  await nothingEnded(t);
});

test.serial('synod proposer says at once what is wrong with its key, and why it cannot connect', async t => {
  const main = join(import.meta.dirname, '../../src/cli/main.js');
  const { servers, tls } = cluster.access('proposer');
  const args = [main, 'proposer', '--nats', servers, ...(tls ? ['--nats-tls-ca', tls.caFile] : [])];
  const bad = cluster.file('nkeys.conf');
  const child = spawn(process.execPath, [...args, '--api-nats-token', 'wrong', '--nats-nkey', bad]);
  let said = '';
  child.stderr.on('data', chunk => {
    said += String(chunk);
  });
  t.is(await new Promise(resolve => child.once('exit', resolve)), 1);
  t.true(said.startsWith(`Cannot use ${bad}: it must be an nkey seed of a user`), said);

  const stranger = spawn(process.execPath, args);
  t.teardown(() => stranger.kill('SIGKILL'));
  await new Promise<void>(resolve => {
    stranger.stderr.on('data', chunk => {
      if (/cannot connect to NATS at .*Authorization/i.test(String(chunk))) resolve();
    });
  });
  t.pass();
});
