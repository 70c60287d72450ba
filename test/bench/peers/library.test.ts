// A system by its library: what the library tells, and what it throws, is what is counted.

import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { StepPlan } from '../../../src/bench/place.ts';
import { type Answer, failed } from './key-value.ts';
import { type Library, librarySystem, type Operation, thrown } from './library.ts';

const PLAN: StepPlan = {
  workload: 'create',
  proposer: 'service',
  clients: 2,
  keys: 4,
  valueBytes: 10,
  prefix: '',
  run: 'r',
  step: 1,
};

function systemOf(perform: (operation: Operation) => Promise<Answer>, closed: string[]) {
  const library: Library = {
    version: 'lib 1',
    perform,
    wordOf: ({ name }) => name,
    close: async () => void closed.push('library'),
  };
  const close = async (): Promise<void> => void closed.push('servers');
  return librarySystem(library, { version: 'server 2', servers: {}, close });
}

async function outcomesOf(perform: (operation: Operation) => Promise<Answer>): Promise<readonly string[]> {
  const load = systemOf(perform, []).load(PLAN, { rate: null });
  load.start();
  load.measure();
  await sleep(20);
  const { outcomes } = await load.finish();
  return Object.keys(outcomes);
}

test('librarySystem() counts what the library answers', async t => {
  const kinds = new Set<string>();
  const perform = async ({ kind }: Operation): Promise<Answer> => {
    kinds.add(kind);
    await sleep(1);
    return { outcome: 'ok', revision: 1, value: '' };
  };
  t.deepEqual(await outcomesOf(perform), ['ok']);
  t.deepEqual([...kinds], ['create']);
  const conflicting = async (): Promise<Answer> => {
    await sleep(1);
    return failed('conflict');
  };
  t.deepEqual(await outcomesOf(conflicting), ['conflict']);
  const failing = async (): Promise<Answer> => {
    await sleep(1);
    throw new TypeError('broken');
  };
  t.deepEqual(await outcomesOf(failing), ['TypeError']);
});

test('librarySystem() says both versions, and closes the library before the servers', async t => {
  const closed: string[] = [];
  const system = systemOf(async () => failed('unset'), closed);
  t.is(system.version, 'server 2 by lib 1');
  await system.close();
  t.deepEqual(closed, ['library', 'servers']);
});

test('thrown() is the word that the library is known for, else what it says', t => {
  t.is(thrown(new Error('broken'), () => 'word').outcome, 'word');
  t.is(thrown(new Error('broken'), () => undefined).outcome, 'broken');
  t.is(thrown('thrown text', () => 'word').outcome, 'thrown text');
});
