// The engines of several groups, over a broker in memory: who they are made for, and whom they ask.

import test from 'ava';
import { Groups } from '../../src/node/engine/groups.ts';
import { ONE_GROUP, placeOf, withArrival, withGroup, withMove } from '../../src/protocol/group-map.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const PARTITION = partitionOf('k');
const TWO = withGroup(ONE_GROUP, 'east', ['e1', 'e2', 'e3']);
const GOING = withMove(TWO, PARTITION, 'east');
const THERE = withArrival(GOING, PARTITION, placeOf(GOING, PARTITION));

test('a group that a map shows first is met with its own acceptors', t => {
  const groups = new Groups({
    name: 'p',
    configuration: { cluster: 'c', epoch: 1, acceptors: ['a1', 'a2', 'a3'] },
    limits: { valueBytesMax: 1000, requestsMax: 10, memoryBytesMax: 0 },
    changes: new Map(),
    transport: new MemoryBroker().transport(),
    clock: { nowMs: () => 0 },
    log: () => undefined,
    onAnswer: () => undefined,
    onChosen: () => undefined,
    onFailure: error => t.fail(String(error)),
  });
  t.teardown(() => groups.stop());
  t.throws(() => groups.engine('east'), { instanceOf: RangeError });
  groups.learn(THERE, 1);
  const { cluster, acceptors } = groups.engine('east').configuration();
  t.deepEqual([cluster, acceptors], ['c/east', ['e1', 'e2', 'e3']]);
  t.deepEqual(groups.engine('main').configuration().acceptors, ['a1', 'a2', 'a3']);
  t.is(groups.placeOf(PARTITION).group, 'east');
});
