// What keeps two clusters of one name apart that meet on one NATS (S6). Each duty is tried on the product and on its mutants.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Standing } from '../../src/actors/standing.ts';
import { type Engine, startEngine } from '../../src/node/engine/proposer-engine.ts';
import { Commander } from '../../src/node/scan/commander.ts';
import { KeyPages, NOBODY } from '../../src/node/scan/key-pages.ts';
import { PassDesk } from '../../src/node/service/pass-desk.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { founderOf } from '../../src/protocol/founder.ts';
import { type Hello, type Memory, NO_MEMORY } from '../../src/protocol/memory.ts';
import { nameIn } from '../../src/protocol/stays.ts';
import { memoryBytes, memoryOf, memorySlot } from '../../src/storage/memory-record.ts';
import { encodeEpoch } from '../../src/transport/epoch-codec.ts';
import { decodeKeysQuestion, encodeKeysPage } from '../../src/transport/keys-codec.ts';
import { decodeCommands, encodeCommands, encodeReplies } from '../../src/transport/message-codec.ts';
import { encodeNotes, type Note } from '../../src/transport/pass-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const NAMES = ['a', 'b', 'c'];
const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: NAMES };
/** So often is asked before anything is made of silence. */
const MANY_ASKS = 20;

const membersOf = (kind: string): ReadonlyMap<string, string> =>
  new Map(NAMES.map(name => [name, `${kind}-${name}`]));
const OWN = founderOf(membersOf('own'));
const OTHER = founderOf(membersOf('other'));

function memoryOfKind(kind: string, part: Partial<Memory> = {}): Memory {
  const members = membersOf(kind);
  return { ...NO_MEMORY, commits: 1, members, isFormed: true, founder: founderOf(members), ...part };
}

/** Of an acceptor of the cluster `own` that has just started. */
function started(memory: Memory = memoryOfKind('own')): Standing {
  const slot = memorySlot(memory.commits, memoryBytes(memory));
  return new Standing({ id: 'a', configuration: CONFIGURATION, store: 'own-a', incarnation: 'a-1', slot });
}

function answerOf(kind: string, epoch: number, votes = true): Hello {
  const { members, isFormed, founder } = memoryOfKind(kind);
  const stamp = { store: `${kind}-b`, incarnation: `${kind}-b-1`, since: 1, commits: 1 };
  return { sender: 'b', stamp, answers: 'a-1', members, isFormed, founder, votes, epoch, seen: new Map() };
}

/** Asks so often, and is answered by these each time. */
function asked(standing: Standing, times: number, ...answers: readonly Hello[]): void {
  for (let i = 0; i < times; i++) {
    standing.ask();
    for (const answer of answers) standing.receive(answer);
    standing.judge();
  }
}

interface Heard {
  readonly epoch: number;
  readonly founder: string | undefined;
  readonly commits: readonly number[];
  readonly refused: number;
}

const NOTHING_HEARD: Heard = { epoch: 1, founder: undefined, commits: [0, 0, 0], refused: 0 };

type Word = (incarnation: string) => [string, Uint8Array];

function startedEngine(broker: MemoryBroker, onRefused: () => void): Engine {
  return startEngine({
    name: 'p',
    configuration: CONFIGURATION,
    limits: { valueBytesMax: 1000, requestsMax: 10, memoryBytesMax: 1 << 16 },
    changes: BUILT_IN_CHANGES,
    transport: broker.transport(),
    clock: { nowMs: () => 0 },
    log: event => {
      if (event === 'message_refused') onRefused();
    },
    onAnswer: () => undefined,
    onClosed: () => undefined,
    onChosen: () => undefined,
    onFailure: error => assert.fail(String(error)),
  });
}

/** Which commands it sends first for a request after such words, and whether it asks of which cluster and epoch all are. */
async function commandsOf(
  type: 'state.fetch' | 'state.read',
  words: readonly Word[],
): Promise<{ readonly kinds: readonly string[]; readonly asks: boolean }> {
  const broker = new MemoryBroker();
  const transport = broker.transport();
  const kinds = new Set<string>();
  let asks = false;
  const { acceptors, acceptor, epochs } = internalSubjects('c');
  for (const subject of [acceptors, ...NAMES.map(acceptor)])
    transport.subscribe(subject, ({ bytes }) => {
      const decoded = decodeCommands({ cluster: 'c' }, bytes);
      if (decoded.kind === 'envelope') for (const { kind } of decoded.envelope.items) kinds.add(kind);
    });
  transport.subscribe(epochs, () => {
    asks = true;
  });
  const engine = startedEngine(broker, () => undefined);
  for (const word of words) transport.publish(...word(engine.incarnation));
  await passed();
  engine.request({
    kind: 'request',
    token: 1,
    key: nameIn(1, 'k'),
    request: { operation: { type }, id: undefined },
    deadlineMs: 10,
    bytes: 1,
  });
  await passed();
  for (let i = 0; i < 100 && !asks && words.length === 0; i++) await delay(10);
  engine.stop();
  return { kinds: [...kinds], asks };
}

async function passed(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve));
}

/** What a proposer makes of what it hears, from the first word on. */
async function heardBy(words: readonly Word[]): Promise<Heard> {
  const broker = new MemoryBroker();
  const transport = broker.transport();
  let refused = 0;
  const engine = startedEngine(broker, () => {
    refused += 1;
  });
  for (const word of words) transport.publish(...word(engine.incarnation));
  await passed();
  const commits = NAMES.map(name => engine.rounds.commitsOf(name));
  const { epoch, founder } = engine.configuration();
  engine.stop();
  return { epoch, founder, commits, refused };
}

/** An acceptor of that cluster replies, and shows how many commits it made. */
function reply(kind: string, sender: string, commits: number): Word {
  return incarnation => {
    const stamp = { store: `${kind}-${sender}`, incarnation: `${sender}-1`, since: 0, commits };
    const own = { cluster: 'c', founder: founderOf(membersOf(kind)), epoch: 1 };
    const items = [{ kind: 'accepted', key: 'k', counter: 1 } as const];
    const bytes = encodeReplies(own, { sender, recipient: incarnation, items, stamp });
    return [internalSubjects('c').proposer(incarnation), bytes];
  };
}

/** Somebody of that cluster tells of an epoch that was decided there. */
function news(kind: string, epoch: number, votes = true): Word {
  const members = membersOf(kind);
  const note = { epoch, membership: { epoch, members, joint: undefined }, votes };
  const cluster = { cluster: 'c', founder: founderOf(members) };
  return () => [internalSubjects('c').epochs, encodeEpoch(cluster, 'b', note)];
}

const REQUEST = {
  subject: 'synod.variable.write.k',
  reply: '_INBOX.r',
  id: undefined,
  trace: undefined,
  bytes: Buffer.from('{"value":1}'),
};

/** What comes of a question for keys that acceptors of `other` answer, for one that knows this founder. */
async function pageFor(founder: string | undefined): ReturnType<KeyPages['page']> {
  const transport = new MemoryBroker().transport();
  const { keys, pages: answers } = internalSubjects('c');
  const own = { cluster: 'c', founder: OTHER, epoch: 1 };
  transport.subscribe(keys, ({ bytes }) => {
    const decoded = decodeKeysQuestion(own, bytes);
    assert(decoded.kind === 'envelope');
    const { question, sender } = decoded.envelope;
    const page = {
      ...question,
      floor: ZERO_BALLOT,
      closedTo: -1,
      remains: undefined,
      holdings: [],
      isLast: true,
      end: '',
    };
    for (const name of NAMES) transport.publish(answers(sender), encodeKeysPage(own, name, sender, page));
  });
  const configuration = () => ({ ...CONFIGURATION, founder });
  const pages = new KeyPages({ incarnation: 'o', transport, configuration, log: () => undefined });
  const question = { partition: 1, after: '', source: NOBODY, isOver: false };
  return pages.page(question, 1, 1).finally(() => pages.close());
}

/** Whether the reply of an acceptor of `other` counts for one that knows this founder. */
async function isReplyHeard(founder: string | undefined): Promise<boolean> {
  const transport = new MemoryBroker().transport();
  const configuration = () => ({ ...CONFIGURATION, founder });
  const commander = new Commander({
    name: 'o',
    transport,
    configuration,
    members: () => undefined,
    log: () => undefined,
  });
  let isHeard = false;
  await commander.hear(
    () => transport.publish(...reply('other', 'a', 1)('o')),
    () => {
      isHeard = true;
      return true;
    },
  );
  commander.close();
  return isHeard;
}

/** What a proposer of `own` makes of such notes of one with this founder. */
async function passesOf(
  founder: string | undefined,
  items: readonly Note[],
): Promise<{ readonly fellows: number; readonly passed: number }> {
  const broker = new MemoryBroker();
  let taken = 0;
  const desk = new PassDesk({
    incarnation: 'p',
    configuration: () => ({ ...CONFIGURATION, founder: OWN }),
    transport: broker.transport(),
    clock: { nowMs: () => 0 },
    passesMax: 10,
    homesMax: 1,
    log: () => undefined,
    onPassed: () => {
      taken += 1;
    },
    onReturned: () => undefined,
    isReachable: () => true,
    isFull: () => false,
    onPlaces: () => undefined,
  });
  desk.open();
  const bytes = encodeNotes({ cluster: 'c', founder, epoch: 1 }, { sender: 'q', recipient: 'p', items });
  broker.transport().publish(internalSubjects('c').passes('p'), bytes);
  await passed();
  const fellows = desk.fellows.size;
  desk.leave();
  desk.close();
  return { fellows, passed: taken };
}

export const FOUNDER_DUTIES: readonly Duty[] = [
  {
    title:
      'an acceptor is not kept by another cluster of its name from voting with its own, and doubts nothing (S6)',
    check: async () => {
      for (const kinds of [
        ['other', 'own'],
        ['own', 'other'],
      ]) {
        for (const epoch of [1, 7]) {
          const standing = started();
          asked(standing, MANY_ASKS, ...kinds.map(kind => answerOf(kind, kind === 'own' ? 1 : epoch)));
          assert.equal(standing.mayVote, true);
          assert.equal(standing.stranger, undefined);
          assert.equal(standing.withMemory(new Map()).size, 0, 'nothing comes to its disk');
        }
      }
    },
  },
  {
    title: 'an acceptor that only another cluster answers does not vote, and says so after a while (S6)',
    check: async () => {
      const standing = started();
      asked(standing, MANY_ASKS);
      asked(standing, 1, answerOf('other', 1));
      assert.equal(standing.stranger, undefined, 'its own may be slower');
      asked(standing, MANY_ASKS, answerOf('other', 1));
      assert.equal(standing.mayVote, false);
      assert.equal(standing.stranger, 'b');
      assert.equal(standing.doubt, undefined);
      assert.equal(standing.withMemory(new Map()).size, 0, 'nothing comes to its disk');
      asked(standing, MANY_ASKS);
      assert.equal(standing.stranger, undefined, 'that one is gone');
      asked(standing, 1, answerOf('own', 1, false));
      assert.equal(standing.mayVote, true);
    },
  },
  {
    title: 'one acceptor at a wrong place, which does not vote, keeps nobody from anything (S6)',
    check: async () => {
      const standing = started();
      asked(standing, 2 * MANY_ASKS, answerOf('other', 1, false));
      assert.equal(standing.stranger, undefined);
      asked(standing, 1, answerOf('other', 1, false), answerOf('own', 1, false));
      assert.equal(standing.mayVote, true);
    },
  },
  {
    title: 'acceptors that came together to the place of another cluster do not vote there (S6)',
    check: async () => {
      const together = started();
      asked(together, MANY_ASKS, answerOf('other', 1), answerOf('own', 1, false));
      assert.equal(together.mayVote, false);
      assert.equal(together.stranger, 'b');
      const there = started();
      asked(there, MANY_ASKS, answerOf('other', 1), answerOf('own', 1, true));
      assert.equal(there.mayVote, true);
      assert.equal(there.stranger, undefined);
    },
  },
  {
    title: 'where a founder is not known, those of one cluster have a store in common (S6)',
    check: async () => {
      for (const ours of [OWN, undefined]) {
        const memory = memoryOfKind('own', { founder: ours, epoch: 2 });
        const others = { founder: ours === undefined ? OTHER : undefined, joint: undefined };
        const standing = started(memory);
        standing.adopt({ ...others, epoch: 9, members: membersOf('other') });
        assert.equal(standing.epoch, 2);
        const { founder, ...unsaid } = answerOf('other', 2);
        asked(standing, MANY_ASKS, ours === undefined ? { ...unsaid, founder } : unsaid);
        assert.equal(standing.doubt, undefined);
        assert.equal(standing.stranger, 'b');
        assert.equal(standing.withMemory(new Map()).size, 0, 'nothing comes to its disk');
        const members = new Map([...membersOf('own'), ['d', 'own-d']]);
        standing.adopt({ founder: undefined, joint: undefined, epoch: 9, members });
        assert.equal(standing.epoch, 9);
      }
    },
  },
  {
    title: 'an acceptor adopts no epoch of another cluster, however high (S6)',
    check: async () => {
      const standing = started();
      standing.adopt({ founder: OTHER, epoch: 9, members: membersOf('other'), joint: undefined });
      assert.equal(standing.epoch, 1);
      standing.adopt({ founder: OWN, epoch: 2, members: membersOf('own'), joint: undefined });
      assert.equal(standing.epoch, 2);
    },
  },
  {
    title: 'who is made a member is of the cluster that did so, from then on (S6)',
    check: async () => {
      const configuration = { ...CONFIGURATION, acceptors: ['x'] };
      const store = 'own-a';
      const standing = new Standing({ id: 'a', configuration, store, incarnation: 'a-1', slot: undefined });
      standing.adopt({ founder: OWN, epoch: 2, members: membersOf('own'), joint: undefined });
      assert.equal(standing.cluster.founder, undefined, 'nothing is shown before it is durable');
      const members = new Map([...membersOf('other'), ['a', 'own-a']]);
      standing.adopt({ founder: OTHER, epoch: 9, members, joint: undefined });
      standing.withMemory(new Map());
      standing.settled();
      assert.equal(standing.epoch, 2);
      assert.equal(standing.cluster.founder, OWN);
      assert.equal(standing.membership?.founder, OWN);
    },
  },
  {
    title: 'whoever formed a cluster knows its founder, also of a file that does not say it (S6)',
    check: async () => {
      const formed = memoryOfKind('own', { founder: undefined });
      const of = (memory: Memory) => memoryOf(memorySlot(1, memoryBytes(memory))).founder;
      assert.equal(of(formed), OWN);
      assert.equal(of({ ...formed, epoch: 2 }), undefined, 'these are not all who formed it');
      assert.equal(of({ ...formed, isFormed: false }), undefined);
      assert.equal(of(memoryOfKind('own', { epoch: 2, founder: OTHER })), OTHER);
    },
  },
  {
    title: 'no message of another cluster is read, and one of a sender that knows no founder is (S6)',
    check: async () => {
      const items = [{ kind: 'read', key: 'k', serial: 1 } as const];
      const kindOf = (ours: string | undefined, theirs: string | undefined) => {
        const envelope = { sender: 'p', recipient: '*', items, news: [] };
        const bytes = encodeCommands({ cluster: 'c', founder: theirs, epoch: 1 }, envelope);
        return decodeCommands({ cluster: 'c', founder: ours }, bytes).kind;
      };
      assert.equal(kindOf(OWN, OTHER), 'refused');
      assert.equal(kindOf(OWN, OWN), 'envelope');
      assert.equal(kindOf(undefined, OTHER), 'envelope');
      assert.equal(kindOf(OWN, undefined), 'envelope');
    },
  },
  {
    title: 'a proposer is of the cluster that answers it first, and counts no vote of another (S6)',
    check: async () => {
      const heard = await heardBy([reply('own', 'a', 3), reply('other', 'b', 4), reply('own', 'c', 5)]);
      assert.deepEqual(heard, { epoch: 1, founder: OWN, commits: [3, 0, 5], refused: 1 });
    },
  },
  {
    title: 'what a proposer tells of its cluster binds no other proposer, as that cluster may be gone (S6)',
    check: async () => {
      assert.deepEqual(await heardBy([news('other', 9, false)]), NOTHING_HEARD);
      assert.equal((await heardBy([news('other', 9, false), news('own', 2)])).founder, OWN);
      assert.equal((await heardBy([news('own', 1), news('own', 2, false)])).epoch, 2);
    },
  },
  {
    title:
      'who does not know yet which cluster it asks does nothing there that lasts, and asks which it is (S6)',
    check: async () => {
      const before = await commandsOf('state.fetch', []);
      assert.deepEqual(before, { kinds: [], asks: true });
      assert.deepEqual((await commandsOf('state.fetch', [reply('own', 'a', 3)])).kinds, ['fetch']);
      assert.deepEqual((await commandsOf('state.read', [])).kinds, ['read']);
    },
  },
  {
    title: 'a proposer adopts no epoch of another cluster than the one that answered it (S6)',
    check: async () => {
      assert.equal((await heardBy([reply('own', 'a', 3), news('other', 9)])).epoch, 1);
      assert.equal((await heardBy([news('own', 1), news('other', 9)])).epoch, 1);
      assert.equal((await heardBy([news('own', 2), news('other', 9)])).epoch, 2);
      assert.equal((await heardBy([reply('own', 'a', 3), news('own', 9)])).epoch, 9);
    },
  },
  {
    title: 'whoever goes through keys waits until its engine knows the cluster (S6)',
    check: async () => {
      for (const founder of [undefined, OTHER]) {
        const isTaken = founder !== undefined;
        assert.equal((await pageFor(founder)) !== undefined, isTaken);
        assert.equal(await isReplyHeard(founder), isTaken);
      }
    },
  },
  {
    title: 'a proposer of another cluster is no fellow, and passes nothing here (S6)',
    check: async () => {
      const note = [{ kind: 'present', number: 1 } as const];
      const pass = [{ kind: 'pass', number: 2, request: REQUEST } as const];
      for (const [founder, fellows] of [
        [OTHER, 0],
        [OWN, 1],
        [undefined, 1],
      ] as const)
        assert.deepEqual(await passesOf(founder, [...note, ...pass]), { fellows, passed: fellows });
    },
  },
];
