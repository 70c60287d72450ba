// A disk that is lost while the members of a new cluster are still meeting, told with the simulator's acceptors and network.

import test from 'ava';
import { MEMORY_NAME, memoryOf } from '../../src/storage/memory-record.ts';
import type { AcceptorNode } from './acceptor-node.ts';
import { Cluster } from './cluster.ts';
import { Coverage } from './coverage.ts';
import { Dice } from './dice.ts';
import { EventQueue } from './event-queue.ts';
import { planOf } from './plan.ts';
import { Trace } from './trace.ts';
import type { World } from './world.ts';

const SEEDS = 200;
/** An answer counts for two seconds: see actors/standing.ts. */
const LONG_MS = 2500;
const FORMED_MS_MAX = 20_000;

function newWorld(seed: number): World {
  const events = new EventQueue();
  const dice = new Dice(seed);
  const drawn = planOf(dice);
  const network = { ...drawn.network, lateness: 0 };
  const plan = {
    ...drawn,
    network,
    acceptors: 3,
    proposers: 1,
    isFormed: false,
    memberChanges: 0,
    groups: 1,
  };
  return { events, dice, plan, trace: new Trace(events, false), coverage: new Coverage() };
}

const hasRecorded = ({ disk }: AcceptorNode): boolean =>
  memoryOf(disk.load([MEMORY_NAME]).get(MEMORY_NAME)).members !== undefined;

test('simulation: a member that loses its disk before anything was recorded joins with its new one (S3)', t => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = newWorld(seed);
    const { acceptors } = new Cluster(world);
    const [lost, , late] = acceptors;
    if (lost === undefined || late === undefined) throw new Error('There are three');
    const pass = (ms: number): void => world.events.runWhile(() => true, world.events.nowMs + ms);
    late.crash();
    pass(500);
    lost.crash();
    pass(LONG_MS);
    late.restart();
    pass(LONG_MS);
    t.false(acceptors.some(hasRecorded), `seed ${seed}: recorded with a member away`);
    lost.lose();
    lost.restart();
    world.events.runWhile(() => !acceptors.every(({ hasVoted }) => hasVoted), FORMED_MS_MAX);
    t.true(
      acceptors.every(({ hasVoted, isQuarantined }) => hasVoted && !isQuarantined),
      `seed ${seed}: not formed`,
    );
  }
});
