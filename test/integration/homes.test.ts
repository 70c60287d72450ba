// Passing on the real thing: the home of some keys is paused, and later killed, while requests for them come in
// at the other proposer.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { homesAmong } from '../../src/actors/homes.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const cluster = new TestCluster();
let members: Members;
let transport: NatsTransport;

test.before(async () => {
  members = await cluster.start();
  transport = await connectNats({ servers: [members.nats.url], name: 'homes', connectTimeoutMs: 5000 });
});
test.after.always(async () => {
  await transport?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

const KEYS = Array.from({ length: 8 }, (_, i) => `homes.${i}`);
const SPACING_MS = 2;
/** Large enough that the other proposer gets some of them, whatever the server's dice say. */
const BURST = 400;

/** Appends of one unique token each, without ids: nothing but the marks of passes tells one from another. */
class Appends {
  readonly #inbox: string;
  readonly #fates = new Map<string, { readonly key: string; isOk: boolean; answers: number }>();

  constructor(inbox: string) {
    this.#inbox = inbox;
    transport.subscribe(`${inbox}.*`, ({ subject, bytes }) => {
      const fate = this.#fates.get(subject.slice(inbox.length + 1));
      if (fate === undefined) return;
      // The first answer is the one that a client takes.
      if (fate.answers === 0) fate.isOk = decodeBody(bytes).ok === true;
      fate.answers += 1;
    });
  }

  get silent(): number {
    return [...this.#fates.values()].filter(({ answers }) => answers === 0).length;
  }

  get acknowledged(): number {
    return [...this.#fates.values()].filter(({ isOk }) => isOk).length;
  }

  /** One every `spacingMs`, or all at once. */
  async send(count: number, spacingMs = SPACING_MS): Promise<void> {
    for (let i = 0; i < count; i++) {
      const token = `${this.#inbox.slice(7)}${this.#fates.size}`;
      const key = KEYS[this.#fates.size % KEYS.length] ?? '';
      this.#fates.set(token, { key, isOk: false, answers: 0 });
      const body = Buffer.from(JSON.stringify({ change: 'append', args: [token], timeoutMs: 20_000 }));
      transport.publish(`synod.variable.change.${key}`, body, { reply: `${this.#inbox}.${token}` });
      if (spacingMs > 0) await delay(spacingMs);
    }
  }

  async answered(): Promise<void> {
    while (this.silent > 0) await delay(10);
  }

  /** Which tokens are where they should not be, or not where they should. */
  async wrong(): Promise<readonly string[]> {
    const wrong: string[] = [];
    const lists = await Promise.all(KEYS.map(list));
    KEYS.forEach((key, i) => {
      for (const [token, fate] of this.#fates) {
        if (fate.key !== key) continue;
        const times = lists[i]?.filter(item => item === token).length ?? 0;
        if (times > 1 || (fate.isOk && times !== 1)) wrong.push(`${token} ${fate.isOk} ${times}`);
      }
    });
    return wrong;
  }
}

function list(key: string): Promise<readonly unknown[]> {
  const inbox = `_INBOX.list.${key}`;
  return new Promise(resolve => {
    const subscription = transport.subscribe(inbox, ({ bytes }) => {
      subscription.close();
      const { value } = decodeBody(bytes);
      resolve(Array.isArray(value) ? value : []);
    });
    transport.publish(`synod.variable.read.${key}`, Buffer.from(''), { reply: inbox });
  });
}

function logOf(id: string): string {
  return readFileSync(join(cluster.directory, 'logs', `${id}.log`), 'utf8');
}

/** Which of the two is the home of all keys. */
function placed(proposers: Members['proposers']): Record<'home' | 'other', Members['proposers'][number]> {
  const [one, two] = proposers;
  if (one === undefined || two === undefined) throw new Error('the cluster is too small');
  const [first, second] = [incarnationOf(one.id), incarnationOf(two.id)];
  return homesAmong([first, second], 1)[0] === first ? { home: one, other: two } : { home: two, other: one };
}

function incarnationOf(id: string): string {
  const [, incarnation = ''] = logOf(id).match(/"incarnation":"([^"]+)"/) ?? [];
  return incarnation;
}

test.serial(
  'a home is paused: the other one serves its keys, and what it wakes up to is not applied again',
  async t => {
    const { home: paused } = placed(members.proposers);
    const appends = new Appends('_INBOX.paused');
    await appends.send(300);
    await appends.answered();
    process.kill(paused.pid, 'SIGSTOP');
    // All of these lie in the socket of the paused one; of the later ones the other one serves those that reach it, once it misses the home.
    await appends.send(BURST, 0);
    await appends.send(300);
    process.kill(paused.pid, 'SIGCONT');
    await appends.send(100);
    await appends.answered();
    t.log(`${appends.acknowledged} of ${700 + BURST} acknowledged`);
    t.true(appends.acknowledged > 500, 'too little was done to prove anything');
    t.deepEqual(await appends.wrong(), []);
  },
);

test.serial('a home is killed: the other one serves its keys, and nothing is applied twice', async t => {
  const { home: killed } = placed(cluster.members().proposers);
  const before = new Appends('_INBOX.before');
  await before.send(200);
  process.kill(killed.pid, 'SIGKILL');
  await before.send(200);
  // What was in the killed one stays without an answer; what comes now goes to the living.
  const after = new Appends('_INBOX.after');
  await after.send(100);
  await after.answered();
  t.log(`${before.silent} of 400 without an answer`);
  t.deepEqual(await before.wrong(), []);
  t.deepEqual(await after.wrong(), []);
});
