// The workloads over a store in memory, and over one that breaks its word.

import test from 'ava';
import { Load, type Tally } from '../../../src/bench/load.ts';
import type { StepPlan } from '../../../src/bench/place.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { failed, type KeyValue, KeyValueLoads } from './key-value.ts';
import { sessionsOf } from './workloads.ts';

interface Request {
  readonly kind: 'create' | 'update' | 'read';
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}
interface Reply {
  readonly isOk: boolean;
  readonly revision: number;
  readonly value: string;
}

const store: KeyValue<Request, Reply> = {
  create: (key, value) => ({ kind: 'create', key, value, revision: 0 }),
  update: (key, value, revision) => ({ kind: 'update', key, value, revision }),
  read: key => ({ kind: 'read', key, value: '', revision: 0 }),
  writeAnswer: reply => (reply?.isOk ? { outcome: 'ok', ...reply } : failed('conflict')),
  readAnswer: reply => (reply?.isOk ? { outcome: 'ok', ...reply } : failed('unset')),
};

const KEYS = 6;
const VALUE_BYTES = 10;

class Stage {
  readonly clock = new VirtualClock();
  readonly asked: Request[] = [];
  readonly #rows = new Map<string, Reply>();
  readonly #keepsItsWord: boolean;

  constructor(keepsItsWord = true) {
    this.#keepsItsWord = keepsItsWord;
  }

  answer(request: Request): Reply {
    this.asked.push(request);
    const { kind, key, value, revision } = request;
    const found = this.#rows.get(key);
    if (kind === 'read') return found ?? { isOk: false, revision: 0, value: '' };
    if (this.#keepsItsWord && (found?.revision ?? 0) !== revision) {
      return { isOk: false, revision: 0, value: '' };
    }
    const written = { isOk: true, revision: (found?.revision ?? 0) + 1, value };
    this.#rows.set(key, written);
    return written;
  }

  async run(
    workload: string,
    clients: number,
  ): Promise<{ readonly tally: Tally; readonly lost: number | null }> {
    const loads = new KeyValueLoads<Request, Reply>(store, {
      send: (request, onEnd) => queueMicrotask(() => onEnd(this.answer(request))),
    });
    // The load goes by the virtual clock, what comes before and after it does not.
    const sender = {
      send: (request: Request, onEnd: (reply: Reply) => void): void => {
        this.clock.after(1, () => onEnd(this.answer(request)));
      },
    };
    const plan: StepPlan = {
      workload,
      proposer: 'service',
      clients,
      keys: KEYS,
      valueBytes: VALUE_BYTES,
      prefix: '',
      run: 'r',
      step: 1,
    };
    await loads.prepare(plan);
    const load = new Load(sender, this.clock, sessionsOf(loads, plan), { rate: null });
    load.start();
    load.measure();
    await this.clock.advance(50);
    const finished = load.finish();
    await this.clock.advance(5);
    const tally = await finished;
    return { tally, lost: await loads.lostUpdates(plan) };
  }
}

for (const workload of ['create', 'read', 'cas']) {
  test(`${workload}: every operation succeeds, with a value of the wanted size`, async t => {
    const stage = new Stage();
    const { tally, lost } = await stage.run(workload, 3);
    t.deepEqual(Object.keys(tally.outcomes), ['ok']);
    t.true((tally.outcomes.ok ?? 0) > 100);
    t.is(lost, null);
    for (const { kind, value } of stage.asked) t.is(value.length, kind === 'read' ? 0 : VALUE_BYTES);
  });
}

test('create: no key twice', async t => {
  const stage = new Stage();
  await stage.run('create', 3);
  t.is(new Set(stage.asked.map(({ key }) => key)).size, stage.asked.length);
});

test('cas: each client has keys of its own, and goes round them', async t => {
  const stage = new Stage();
  await stage.run('cas', 3);
  const updated = stage.asked.filter(({ kind }) => kind === 'update').map(({ key }) => key);
  t.is(new Set(updated).size, KEYS);
});

test('contended: who comes too late is a conflict, and no acknowledged update is lost', async t => {
  const { tally, lost } = await new Stage().run('contended', 3);
  t.deepEqual(Object.keys(tally.outcomes).sort(), ['conflict', 'ok']);
  t.is(lost, 0);
});

test('contended: updates that a store acknowledges twice at one revision are counted as lost', async t => {
  const { tally, lost } = await new Stage(false).run('contended', 3);
  t.deepEqual(Object.keys(tally.outcomes), ['ok']);
  // Of three updates that read the same counter one is there.
  t.is(lost, ((tally.outcomes.ok ?? 0) * 2) / 3);
});
