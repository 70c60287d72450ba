// Two proposers behind one queue, over a broker in memory: who of them gets the requests, and that somebody always does. Time is real.

import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { RunningProposer } from '../../src/node/proposer/proposer.ts';
import { MemoryCluster, stopAcceptors } from '../embedded/memory-cluster.ts';

test.after.always(stopAcceptors);

const FEW = 20;

async function startPair() {
  const cluster = await MemoryCluster.start();
  const transport = cluster.broker.transport();
  const replies = { ok: 0, nobody: 0 };
  transport.subscribe('inbox', ({ isNoResponders }) => {
    replies[isNoResponders ? 'nobody' : 'ok'] += 1;
  });
  const ask = (): void => transport.publish('synod.variable.read.k', new Uint8Array(0), { reply: 'inbox' });
  const pair = [cluster.broker.transport(), cluster.broker.transport()].map(api => ({
    api,
    proposer: cluster.runProposer({ api }),
  }));
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
  return { pair, replies, ask, alone };
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
  await pair[home]?.api.close();
  t.is(await alone(), 1 - home);
  t.true(replies.ok > 0);
  await Promise.all(pair.map(({ proposer }) => proposer.drain()));
});
