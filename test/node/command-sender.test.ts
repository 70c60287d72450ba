// Where what is for acceptors goes: to all at once, and past those that do not take it.

import test from 'ava';
import { CommandSender } from '../../src/node/engine/command-sender.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };

const own = (counter: number) => ({ counter, proposer: 'p' });

function scene() {
  const broker = new MemoryBroker();
  const clock = { ms: 1000, nowMs: () => clock.ms };
  const silent = new Set<string>();
  const heard: string[] = [];
  const acceptors = broker.transport();
  acceptors.subscribe('synod-internal.c.ping.*', ({ subject, reply }) => {
    const id = subject.slice(-2);
    if (!silent.has(id)) acceptors.publish(reply, Buffer.from('{"status":"voting"}'));
  });
  for (const pattern of ['synod-internal.c.acceptors', 'synod-internal.c.acceptor.*'])
    acceptors.subscribe(pattern, ({ subject }) => heard.push(subject.replace('synod-internal.c.', '')));
  const parts = {
    incarnation: 'p',
    cluster: 'c',
    transport: broker.transport(),
    clock,
    log: () => undefined,
  };
  const sender = new CommandSender(parts);
  /** @returns where it went, some ms later. */
  const after = async (ms: number, acceptor: string, bytes = 1): Promise<readonly string[]> => {
    clock.ms += ms;
    heard.length = 0;
    const value = new Uint8Array(bytes);
    const commands = [{ kind: 'accept', key: 'k', ballot: own(1), next: own(2), value } as const];
    sender.send({ kind: 'commands', acceptor, epoch: 1, commands, reserve: [], news: [] }, CONFIGURATION);
    await new Promise(setImmediate);
    return [...heard];
  };
  return { silent, after };
}

test('CommandSender publishes once for all, and for one where it is', async t => {
  const { after } = scene();
  t.deepEqual(await after(50, ALL), ['acceptors']);
  t.deepEqual(await after(50, 'a2'), ['acceptor.a2']);
});

test('CommandSender sends nothing to one that is silent, and each of the others the same', async t => {
  const { silent, after } = scene();
  await after(50, ALL);
  silent.add('a2');
  for (let i = 0; i < 10; i++) await after(50, ALL);
  t.deepEqual(await after(1, ALL), ['acceptor.a1', 'acceptor.a3']);
  t.deepEqual(await after(1, 'a2'), []);
  t.deepEqual(await after(1, 'a3'), ['acceptor.a3']);
});

test('CommandSender leaves out sooner who was sent much', async t => {
  const { silent, after } = scene();
  await after(50, ALL);
  silent.add('a2');
  await after(50, ALL, 300_000);
  t.deepEqual(await after(10, ALL), ['acceptors']);
  t.deepEqual(await after(20, ALL), ['acceptor.a1', 'acceptor.a3']);
});
