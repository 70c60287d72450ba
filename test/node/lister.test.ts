// A lister over acceptors that a test makes up: what they hold, who answers, and what reads come to.

import test, { type ExecutionContext } from 'ava';
import { OwnRequests } from '../../src/node/engine/own-requests.ts';
import { Lister } from '../../src/node/scan/lister.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import { MEMBERS_KEY } from '../../src/protocol/membership.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { decodeKeysQuestion, encodeKeysPage, type KeysPage } from '../../src/transport/keys-codec.ts';
import type { Listed, ListedKey, ListRequest } from '../../src/transport/list-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const HERE = { cluster: 'test', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
const ALL: ListRequest = {
  prefix: '',
  limit: 1000,
  from: { partition: 0, after: '' },
  timeoutMs: 60_000,
};
const SUBJECTS = internalSubjects('test');
const ONLY = { group: FIRST_GROUP, number: 0, from: undefined };
const ENGINE = { incarnation: 'p1-cafe', configuration: () => HERE };

interface Scene {
  /** By acceptor. */
  readonly holds: Readonly<Record<string, readonly string[]>>;
  /** Keys in a page of an acceptor. */
  readonly pageKeys?: number;
  readonly read?: (key: string) => ServiceAnswer | undefined;
}

class Stage {
  readonly broker = new MemoryBroker();
  readonly lister: Lister;
  readonly questions: { readonly partition: number; readonly after: string; readonly serial: number }[] = [];
  readsAtOnce = 0;

  constructor(t: ExecutionContext, { holds, pageKeys = 256, read = set }: Scene) {
    let reading = 0;
    const own = new OwnRequests({ nowMs: () => 0 }, ({ token, key }) => {
      reading += 1;
      this.readsAtOnce = Math.max(this.readsAtOnce, reading);
      setImmediate(() => {
        reading -= 1;
        const answer = read(key);
        if (answer !== undefined) own.answer(token, answer);
      });
    });
    this.lister = new Lister({
      groups: { placeOf: () => ONLY, look: () => t.fail('no map is old'), engine: () => ENGINE },
      transport: this.broker.transport(),
      clock: { nowMs: () => 0 },
      own,
      log: event => t.fail(event),
    });
    for (const [id, keys] of Object.entries(holds)) this.#acceptor(id, [...keys].sort(), pageKeys);
  }

  #acceptor(id: string, keys: readonly string[], pageKeys: number): void {
    const transport = this.broker.transport();
    transport.subscribe(SUBJECTS.keys, ({ bytes }) => {
      const decoded = decodeKeysQuestion(HERE, bytes);
      if (decoded.kind === 'refused') throw new Error(decoded.why);
      const { sender, question } = decoded.envelope;
      if (id === 'a1') this.questions.push(question);
      const { partition, after } = question;
      const behind = keys.filter(key => partitionOf(key) === partition && key > after);
      const page = pageOf(behind.slice(0, pageKeys), behind.length <= pageKeys);
      transport.publish(SUBJECTS.pages(sender), encodeKeysPage(HERE, id, sender, { ...question, ...page }));
    });
  }

  /** All pages, one after another. */
  async all(request: Partial<ListRequest> = {}): Promise<readonly ListedKey[]> {
    const keys: ListedKey[] = [];
    for (let from: ListRequest['from'] | undefined = ALL.from; from !== undefined; ) {
      const listed: Listed = await this.lister.list({ ...ALL, ...request, from }, 0);
      if (listed.kind !== 'page') throw new Error(listed.why);
      keys.push(...listed.keys);
      from = listed.next;
    }
    return keys;
  }
}

function pageOf(
  keys: readonly string[],
  isLast: boolean,
): Pick<KeysPage, 'floor' | 'closedTo' | 'holdings' | 'isLast' | 'end'> {
  const holdings = keys.map(key => ({
    key,
    promised: ZERO_BALLOT,
    accepted: ZERO_BALLOT,
    value: undefined,
  }));
  return { floor: ZERO_BALLOT, closedTo: -1, holdings, isLast, end: keys.at(-1) ?? '' };
}

function set(): ServiceAnswer {
  const whole = { ...UNSET, kind: 'variable', version: 7, set: true, value: 1 } as const;
  return { kind: 'done', view: { set: true, value: 1, version: 7 }, duplicate: false, whole };
}

function unset(): ServiceAnswer {
  const whole = { ...UNSET, kind: 'variable', version: 8 } as const;
  return { kind: 'done', view: { set: false, value: undefined, version: 0 }, duplicate: false, whole };
}

const KEYS = Array.from({ length: 3000 }, (_, i) => `k.${i}`);
const names = (keys: readonly ListedKey[]): readonly string[] => keys.map(({ key }) => key);

test('list() has every key once that one acceptor of a quorum has, whatever the pages are', async t => {
  const holds = {
    a1: KEYS.filter((_, i) => i % 3 !== 0),
    a2: KEYS.filter((_, i) => i % 3 !== 1),
    a3: [MEMBERS_KEY],
  };
  for (const { limit, pageKeys } of [
    { limit: 1000, pageKeys: 256 },
    { limit: 7, pageKeys: 4 },
  ]) {
    const stage = new Stage(t, { holds, pageKeys });
    t.deepEqual([...names(await stage.all({ limit }))].sort(), [...KEYS].sort());
    t.true(stage.readsAtOnce > 1 && stage.readsAtOnce <= 32, `${stage.readsAtOnce} reads at once`);
  }
});

test('list() gives no more keys than the limit, and goes on behind them', async t => {
  const stage = new Stage(t, { holds: { a1: KEYS, a2: KEYS } });
  const listed = await stage.lister.list({ ...ALL, limit: 5 }, 0);
  if (listed.kind !== 'page') return t.fail(listed.why);
  const last = listed.keys.at(-1)?.key ?? '';
  t.is(listed.keys.length, 5);
  t.deepEqual(listed.next, { partition: partitionOf(last), after: last });
});

test('list() leaves out what does not begin with the prefix, and asks for nothing before it', async t => {
  const some = ['a', 'a.b', 'a.bc', 'a.c', 'a/b', 'b', 'a.b.c', 'a.bb'];
  const stage = new Stage(t, { holds: { a1: some, a2: some }, pageKeys: 1 });
  t.deepEqual([...names(await stage.all({ prefix: 'a.b' }))].sort(), ['a.b', 'a.b.c', 'a.bb', 'a.bc']);
  t.true(stage.questions.every(({ after }) => after >= 'a'));
  t.deepEqual(names(await stage.all({ prefix: 'b' })), ['b']);
});

test('list() leaves out what a read finds unset', async t => {
  const holds = { a1: KEYS, a3: KEYS };
  const stage = new Stage(t, { holds, read: key => (key === 'k.1' ? set() : unset()) });
  t.deepEqual(await stage.all(), [{ key: 'k.1', kind: 'variable', version: 7 }]);
});

test('list() says so when a read comes to nothing', async t => {
  const holds = { a1: ['k'], a2: ['k'] };
  const why = 'so it is';
  const answers: readonly (readonly [ServiceAnswer, Listed['kind']])[] = [
    [{ kind: 'overloaded', why }, 'overloaded'],
    [{ kind: 'storage_full', why }, 'storage_full'],
    [{ kind: 'no_quorum', why }, 'no_quorum'],
    [{ kind: 'unknown', why }, 'no_quorum'],
  ];
  for (const [answer, kind] of answers) {
    const stage = new Stage(t, { holds, read: () => answer });
    t.deepEqual(await stage.lister.list(ALL, 0), { kind, why });
  }
});

test('list() turns away more lists than it works on at once', async t => {
  const stage = new Stage(t, { holds: { a1: KEYS, a2: KEYS } });
  const lists = await Promise.all(Array.from({ length: 6 }, () => stage.lister.list(ALL, 0)));
  t.deepEqual(
    lists.map(({ kind }) => kind),
    ['page', 'page', 'page', 'page', 'overloaded', 'overloaded'],
  );
  t.is(stage.lister.waiting, 0);
});

test('list() does not count what was answered to an earlier question', async t => {
  const stage = new Stage(t, { holds: { a1: [] } });
  const transport = stage.broker.transport();
  const serials: number[] = [];
  transport.subscribe(SUBJECTS.keys, ({ bytes }) => {
    const decoded = decodeKeysQuestion(HERE, bytes);
    if (decoded.kind === 'refused') throw new Error(decoded.why);
    const { sender, question } = decoded.envelope;
    const earlier = { ...question, serial: question.serial - 1, ...pageOf([], true) };
    serials.push(question.serial);
    transport.publish(SUBJECTS.pages(sender), encodeKeysPage(HERE, 'a2', sender, earlier));
  });
  const again = { ...ALL, timeoutMs: -1 };
  t.like(await stage.lister.list(again, 0), { kind: 'no_quorum' });
  t.like(await stage.lister.list(again, 0), { kind: 'no_quorum' });
  t.deepEqual(serials, [1, 2]);
});
