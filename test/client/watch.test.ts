// Watching: whatever happens to the hints, versions come in order, once, and the last one is reached.

import test from 'ava';
import fc from 'fast-check';
import { RefusedError, UnavailableError } from '../../src/client/errors.ts';
import type { Registers } from '../../src/client/registers.ts';
import type { Hint, OnHint } from '../../src/client/service.ts';
import type { State } from '../../src/client/state.ts';
import { watch } from '../../src/client/watch.ts';
import { randomRuns } from '../history/random-runs.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { clientAt, DONE, failed, scene } from './scripted-proposer.ts';

/** Registers of which only reads and hints are used, and the test says when. */
class Scripted {
  readonly states = new Map<string, { set: boolean; version: number }>();
  reads = 0;
  onHint: OnHint = () => undefined;
  isDown = false;

  get registers(): Registers {
    return {
      hints: (_: string, onHint: OnHint) => {
        this.onHint = onHint;
        return () => undefined;
      },
      variable: (key: string) => ({ read: async () => this.#read(key) }),
    } as unknown as Registers;
  }

  /** A change of the register, or a delete. */
  change(key: string, set = true): Hint {
    const { version } = this.states.get(key) ?? { version: 0 };
    this.states.set(key, { set, version: version + 1 });
    return { key, version: version + 1 };
  }

  #read(key: string): State<unknown> {
    this.reads += 1;
    if (this.isDown) throw new UnavailableError('no_quorum', 'nobody is there');
    const { set, version } = this.states.get(key) ?? { set: false, version: 0 };
    return { set, value: set ? version : undefined, version: set ? version : 0 };
  }
}

const FOR_EVER = { intervalMs: 1_000_000 };

test('watch() tells of a key at once, and then of each change', async t => {
  const scripted = new Scripted();
  const changes = watch(scripted.registers, 'k', FOR_EVER);
  t.deepEqual((await changes.next()).value, {
    key: 'k',
    state: { set: false, value: undefined, version: 0 },
  });
  for (const set of [true, true, false, true]) {
    const hint = scripted.change('k', set);
    const next = changes.next();
    scripted.onHint(hint);
    t.is((await next).value?.state.set, set);
  }
  await changes.return(undefined);
});

test('watch() reads nothing for hints that are old or come twice', async t => {
  const scripted = new Scripted();
  const changes = watch(scripted.registers, 'k', FOR_EVER);
  scripted.change('k');
  scripted.change('k');
  t.is((await changes.next()).value?.state.version, 2);
  const next = changes.next();
  for (const version of [1, 2, 2]) scripted.onHint({ key: 'k', version });
  scripted.onHint(scripted.change('k'));
  t.is((await next).value?.state.version, 3);
  t.is(scripted.reads, 2);
  await changes.return(undefined);
});

test('watch() goes on after a version that somebody made up', async t => {
  const scripted = new Scripted();
  const changes = watch(scripted.registers, 'k', FOR_EVER);
  scripted.change('k');
  await changes.next();
  const next = changes.next();
  scripted.onHint({ key: 'k', version: 1_000_000 });
  await new Promise(setImmediate);
  scripted.onHint(scripted.change('k'));
  t.is((await next).value?.state.version, 2);
  await changes.return(undefined);
});

test('watch() reads at an interval what no hint told of', async t => {
  const scripted = new Scripted();
  const changes = watch(scripted.registers, 'k', { intervalMs: 5 });
  await changes.next();
  scripted.change('k');
  t.is((await changes.next()).value?.state.version, 1);
  await changes.return(undefined);
});

test('watch() tries again while nobody can be read, and ends with its signal', async t => {
  const scripted = new Scripted();
  const stop = new AbortController();
  const changes = watch(scripted.registers, 'k', { ...FOR_EVER, signal: stop.signal });
  scripted.isDown = true;
  const first = changes.next();
  await new Promise(setImmediate);
  t.true(scripted.reads > 0);
  scripted.isDown = false;
  t.is((await first).value?.state.set, false);
  const next = changes.next();
  stop.abort();
  t.deepEqual(await next, { done: true, value: undefined });
});

test('watch() tells of a switch or a register as of a variable', async t => {
  const wrong = failed('wrong_kind', { set: true, value: 'V', version: 1 });
  const { client } = scene([wrong]);
  const changes = client.watch('k');
  t.deepEqual((await changes.next()).value, { key: 'k', state: { set: true, value: 'V', version: 1 } });
  t.true(
    await client
      .variable('k')
      .read()
      .then(
        () => false,
        error => error instanceof RefusedError,
      ),
  );
  await changes.return(undefined);
});

test('hints() takes patterns of keys, and nothing else', t => {
  const { client } = scene([DONE]);
  for (const pattern of ['a', '*', '>', 'a.*.b', 'a.>', '*.*']) client.hints(pattern, () => undefined)();
  for (const pattern of ['', 'a.', '>.a', 'a*', 'a.b>', 'a b', '$SYS.a'])
    t.throws(() => client.hints(pattern, () => undefined), { code: 'bad_key' }, pattern);
});

test('hints() leaves out what is no hint', async t => {
  const broker = new MemoryBroker();
  const client = clientAt(broker.transport());
  const heard: (Hint | undefined)[] = [];
  client.hints('a.>', hint => heard.push(hint));
  const transport = broker.transport();
  for (const body of [
    '',
    '7',
    'null',
    '{"key":"a.c","version":1}',
    '{"key":"a.b"}',
    '{"key":"a.b","version":"1"}',
  ])
    transport.publish('synod.events.a.b', Buffer.from(body));
  transport.publish('synod.events.a.b', Buffer.from('{"key":"a.b","version":3}'));
  await new Promise(setImmediate);
  t.deepEqual(heard, [{ key: 'a.b', version: 3 }]);
});

test('watch() is in order, without repetition, and reaches the last version, whatever happens to hints', async t => {
  /** A change with a hint that arrives so many times; or time for the watcher. */
  const event = fc.oneof(
    fc.record({ key: fc.constantFrom('a', 'b'), set: fc.boolean(), copies: fc.nat(2), late: fc.boolean() }),
    fc.constant('pause' as const),
  );
  let told = 0;
  const property = fc.asyncProperty(fc.array(event, { maxLength: 30 }), async events => {
    const scripted = new Scripted();
    const stop = new AbortController();
    const seen = new Map<string, State<unknown>[]>();
    const watching = (async () => {
      for await (const { key, state } of watch(scripted.registers, '>', { ...FOR_EVER, signal: stop.signal }))
        seen.set(key, [...(seen.get(key) ?? []), state]);
    })();
    await new Promise(setImmediate);
    const late: Hint[] = [];
    for (const what of events) {
      if (what === 'pause') await new Promise(setImmediate);
      else {
        const hint = scripted.change(what.key, what.set);
        for (let i = 0; i < what.copies; i++) what.late ? late.push(hint) : scripted.onHint(hint);
      }
    }
    // At least one hint of each key, or a wildcard cannot know of it; then one after a lost connection.
    for (const key of scripted.states.keys()) scripted.onHint({ key, version: 1 });
    for (const hint of late.reverse()) scripted.onHint(hint);
    await new Promise(setImmediate);
    scripted.onHint(undefined);
    await new Promise(setImmediate);
    stop.abort();
    await watching;
    for (const [key, { set, version }] of scripted.states) {
      const states = seen.get(key) ?? [];
      told += states.length;
      const last = states.at(-1);
      if (last?.set !== set || (set && last.version !== version)) return false;
      const versions = states.filter(state => state.set).map(state => state.version);
      if (versions.some((later, i) => i > 0 && later <= (versions[i - 1] ?? 0))) return false;
      if (states.some((state, i) => i > 0 && !state.set && states[i - 1]?.set === false)) return false;
    }
    return true;
  });
  await t.notThrowsAsync(fc.assert(property, randomRuns(t, 300)));
  t.true(told > 300, `Only ${told} states`);
});
