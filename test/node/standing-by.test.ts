// Two proposers behind one queue, over a broker in memory: who of them gets the requests, and that somebody always does. Time is real.

import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { RunningProposer } from '../../src/node/proposer/proposer.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import { MemoryCluster, stopAcceptors } from '../embedded/memory-cluster.ts';
import { CutTransport } from '../transport/cut-transport.ts';

test.after.always(stopAcceptors);

const FEW = 20;

/** @param knows whether a proposer knows that it was cut off */
async function startPair(knows = true) {
  const cluster = await MemoryCluster.start();
  const transport = cluster.broker.transport();
  const replies = { ok: 0, nobody: 0 };
  transport.subscribe('inbox', ({ isNoResponders }) => {
    replies[isNoResponders ? 'nobody' : 'ok'] += 1;
  });
  const ask = (): void => transport.publish('synod.variable.read.k', new Uint8Array(0), { reply: 'inbox' });
  const newMember = () => {
    const api = new CutTransport(cluster.broker.transport(), knows);
    const inside = new CutTransport(cluster.broker.transport(), knows);
    return { api, inside, proposer: cluster.runProposer({ api, transport: inside }) };
  };
  const pair = [newMember(), newMember()] as const;
  /** How many of a few requests that are asked now each of the two serves: a read is served where it arrives. */
  const shares = async (): Promise<readonly number[]> => {
    const before = pair.map(({ proposer }) => served(proposer));
    const told = replies.ok + replies.nobody + FEW;
    for (let i = 0; i < FEW; i++) ask();
    while (replies.ok + replies.nobody < told) await delay(1);
    return pair.map(({ proposer }, i) => served(proposer) - (before[i] ?? 0));
  };
  /** @returns which of the two it is that is alone in the queue, once one is. */
  const alone = async (): Promise<number> => {
    for (;;) {
      const share = await shares();
      if (share.includes(FEW)) return share.indexOf(FEW);
      await delay(5);
    }
  };
  return { cluster, pair, replies, ask, alone };
}

function served({ stats }: RunningProposer): number {
  return [...stats.entries()].reduce((sum, [, { requests }]) => sum + requests, 0);
}

test('of two proposers one is soon asked alone, and goes on until the other stands in its place when it leaves', async t => {
  const { pair, replies, ask, alone } = await startPair();
  // Each begins alone, and for a moment both may be or neither knows of the other.
  await alone();
  await delay(300);
  const home = await alone();
  let isOver = false;
  replies.nobody = 0;
  const left = pair[home]?.proposer.drain().then(() => {
    isOver = true;
  });
  while (!isOver) {
    ask();
    await delay(1);
  }
  await left;
  t.is(replies.nobody, 0);
  t.is(await alone(), 1 - home);
  await pair[1 - home]?.proposer.drain();
});

test('of two proposers the other one stands in the queue as soon as clients cannot reach the home', async t => {
  const { pair, replies, alone } = await startPair();
  await alone();
  await delay(300);
  const home = await alone();
  // What the two say to each other still arrives.
  pair[home]?.api.cut();
  t.is(await alone(), 1 - home);
  t.true(replies.ok > 0);
  await Promise.all(pair.map(({ proposer }) => proposer.drain()));
});

for (const knows of [true, false]) {
  const who = knows ? 'and knows it' : 'and does not know it';
  test(`writes are answered by the other proposer while the home cannot answer clients, ${who}, and by the home again after`, async t => {
    const { cluster, pair, alone } = await startPair(knows);
    const variable = cluster.client().variable('k');
    await alone();
    await delay(300);
    const home = await alone();
    const [one, other] = home === 0 ? pair : pair.toReversed();
    await variable.write(0);
    one?.api.cut();
    for (let i = 1; i <= 20; i++) t.is((await variable.write(i, { timeoutMs: 4000 })).value, i);
    t.is(other?.proposer.passes.homeOf, PARTITIONS);
    one?.api.heal();
    while (other?.proposer.passes.homeOf !== 0) await delay(5);
    while ((await alone()) !== home) await delay(5);
    t.is((await variable.write(21, { timeoutMs: 4000 })).value, 21);
    await Promise.all(pair.map(({ proposer }) => proposer.drain()));
  });
}

test('a proposer that reaches no acceptor leaves the queue, and stands there again when it does', async t => {
  const { pair, replies, alone } = await startPair();
  await alone();
  await delay(300);
  const home = await alone();
  replies.nobody = 0;
  pair[home]?.inside.cut();
  while ((await alone()) === home) await delay(5);
  t.is(replies.nobody, 0);
  pair[home]?.inside.heal();
  while ((await alone()) !== home) await delay(5);
  t.pass();
  await Promise.all(pair.map(({ proposer }) => proposer.drain()));
});
