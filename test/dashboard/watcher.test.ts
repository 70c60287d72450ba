// What the dashboard makes of what nodes tell, and of those that tell nothing.

import test from 'ava';
import type { View } from '../../src/dashboard/view.ts';
import { Watcher } from '../../src/dashboard/watcher.ts';
import { type AcceptorTold, openStatus } from '../../src/node/process/status.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

function acceptor(id: string, status: AcceptorTold['status']): AcceptorTold {
  const members = ['a1', 'a2', 'a3', 'a4'];
  return { role: 'acceptor', id, status, why: '', version: '1', wire: 2, epoch: 3, members, isJoint: false };
}

test('Watcher: who tells that it votes is up, who was left stopped is quarantined, and the rest is silent', async t => {
  const broker = new MemoryBroker();
  for (const told of [acceptor('a1', 'voting'), acceptor('a2', 'asking'), acceptor('a9', 'removed')])
    openStatus(broker.transport(), 'c', () => told);
  const watcher = new Watcher({
    cluster: 'c',
    acceptors: ['a1', 'a2', 'a3'],
    transport: broker.transport(),
    leftStopped: () => new Map([['a3', 'its file is damaged']]),
    nowMs: () => performance.now(),
  });
  t.teardown(() => watcher.close());
  const view = await new Promise<View>(resolve => watcher.watch(resolve));
  t.is(view.epoch, 3);
  t.deepEqual(
    view.nodes.map(({ name, state, why }) => [name, state, why]),
    [
      ['a1', 'up', ''],
      ['a2', 'waiting', ''],
      ['a3', 'quarantined', 'its file is damaged'],
      ['a4', 'silent', ''],
      ['a9', 'removed', 'it is no member'],
    ],
  );
  t.is(watcher.past().length, 1);
});
