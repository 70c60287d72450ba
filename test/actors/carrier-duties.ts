// What who brings keys over owes to the epoch that it does it in (C3, C5), as checks that throw. The acceptors are a script.

import assert from 'node:assert/strict';
import { Carrier } from '../../src/node/scan/carrier.ts';
import { type Ballot, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Held, Told } from '../../src/protocol/carrying.ts';
import type { Decided } from '../../src/protocol/membership.ts';
import {
  decidedOf,
  joined,
  MembershipError,
  membersValue,
  settledOf,
} from '../../src/protocol/membership.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { PARTITIONS, partitionOf } from '../../src/protocol/partition.ts';
import { decodeKeysQuestion, encodeKeysPage } from '../../src/transport/keys-codec.ts';
import { decodeCommands, encodeReplies } from '../../src/transport/message-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf } from './standings.ts';

const KEY = 'k';
const PARTITION = partitionOf(KEY);
const CLUSTER = 'carried';
const SUBJECTS = internalSubjects(CLUSTER);
const JOINT = {
  cluster: CLUSTER,
  epoch: 2,
  acceptors: ['a', 'b', 'c', 'd'],
  joint: { before: ['a', 'b', 'c'], after: ['a', 'b', 'd'] },
};
const LAST = { cluster: CLUSTER, epoch: 3, acceptors: ['a', 'b', 'd'] };
const CHOSEN: Ballot = { counter: 7, proposer: 'p' };
const HELD: Held = { key: KEY, promised: CHOSEN, accepted: CHOSEN, value: Uint8Array.of(1) };
const NOTHING = new Uint8Array(0);
const EMPTY: Told = { floor: ZERO_BALLOT, holdings: [] };

interface Script {
  /** What an acceptor has after a copy. */
  readonly afterCopy: Ballot;
  /** The last epoch is decided while the first copy is under way. */
  readonly isOvertaken: boolean;
  /** The partition was moved away, and the key's value is told only to who asks a for it. */
  readonly isClosed?: boolean;
}

/** Four acceptors, of which only a has the key, and c is not heard. The others answer at once, under whichever epoch is in force. */
class Scripted implements Pick<Transport, 'publish' | 'subscribe'> {
  readonly sent: { readonly epoch: number; readonly command: Command }[] = [];
  readonly read: string[] = [];
  readonly #copied = new Set<string>();
  readonly #script: Script;
  readonly #listeners = new Map<string, (message: Message) => void>();
  #configuration: typeof JOINT | typeof LAST = JOINT;

  constructor(script: Script) {
    this.#script = script;
  }

  async carry(): Promise<void> {
    const carrier = new Carrier({
      incarnation: 'o',
      transport: this as unknown as Transport,
      configuration: () => this.#configuration,
      members: () => new Map(this.#configuration.acceptors.map(name => [name, storeOf(name)] as const)),
      log: () => undefined,
      read: async key => this.read.push(key),
    });
    await carrier.carry(PARTITION, JOINT.epoch).finally(() => carrier.close());
  }

  subscribe(subject: string, listener: (message: Message) => void) {
    this.#listeners.set(subject, listener);
    return { close: () => undefined, drain: () => undefined };
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (subject === SUBJECTS.keys) {
      for (const acceptor of LAST.acceptors) queueMicrotask(() => this.#tell(acceptor, bytes));
      return;
    }
    const decoded = decodeCommands({ cluster: CLUSTER }, bytes);
    assert(decoded.kind !== 'refused');
    const { epoch, items, recipient, sender } = decoded.envelope;
    for (const command of items) {
      this.sent.push({ epoch, command });
      if (this.#script.isOvertaken) this.#configuration = LAST;
      const group = LAST.acceptors.filter(name => subject === SUBJECTS.acceptors || name === recipient);
      for (const acceptor of group) queueMicrotask(() => this.#answer(acceptor, sender, command));
    }
  }

  #tell(acceptor: string, bytes: Uint8Array): void {
    const decoded = decodeKeysQuestion({ cluster: CLUSTER }, bytes);
    assert(decoded.kind !== 'refused');
    const { question, sender } = decoded.envelope;
    const { isClosed = false } = this.#script;
    const isTold = !isClosed || question.source === acceptor;
    const held = acceptor === 'a' || this.#copied.has(acceptor);
    const holdings = held ? [isTold ? HELD : { ...HELD, value: undefined }] : [];
    const closed = isClosed ? { closedTo: 0 } : {};
    const page = { ...question, ...EMPTY, ...closed, holdings, isLast: true, end: HELD.key };
    this.#hand(SUBJECTS.pages(sender), encodeKeysPage(this.#configuration, acceptor, sender, page));
  }

  #answer(acceptor: string, recipient: string, command: Command): void {
    const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
    if (command.kind === 'copy' && this.#script.isClosed === true) this.#copied.add(acceptor);
    const items = [replyTo(command, this.#script)];
    const envelope = { sender: acceptor, recipient, items, stamp };
    this.#hand(SUBJECTS.proposer(recipient), encodeReplies(this.#configuration, envelope));
  }

  #hand(subject: string, bytes: Uint8Array): void {
    const message = { subject, bytes, reply: '', isNoResponders: false, header: () => undefined };
    this.#listeners.get(subject)?.(message);
  }
}

function replyTo(command: Command, { afterCopy }: Script): Reply {
  if (command.kind === 'copy') return { kind: 'copied', key: command.key, accepted: afterCopy };
  if (command.kind === 'fetch')
    return {
      kind: 'report',
      key: command.key,
      serial: command.serial,
      accepted: ZERO_BALLOT,
      value: NOTHING,
    };
  assert(command.kind === 'floor');
  return { kind: 'floored', key: command.key, counter: command.ballot.counter, filter: undefined };
}

export const CARRIER_DUTIES: readonly Duty[] = [
  {
    title: 'what was gathered in a joint epoch is sent under no later one (C3, C5)',
    check: async () => {
      const scripted = new Scripted({ afterCopy: CHOSEN, isOvertaken: true });
      await assert.rejects(scripted.carry(), MembershipError);
      const kinds = scripted.sent.map(({ command }) => command.kind);
      assert(kinds.includes('copy') && kinds.includes('floor'), `it sends ${kinds.join()}`);
      assert.deepEqual([...new Set(scripted.sent.map(({ epoch }) => epoch))], [JOINT.epoch]);
    },
  },
  {
    title: 'a floor above all that was told is promised before a partition is done (C5)',
    check: async () => {
      const scripted = new Scripted({ afterCopy: CHOSEN, isOvertaken: false });
      await scripted.carry();
      const floors = scripted.sent.flatMap(({ command }) => (command.kind === 'floor' ? command.ballot : []));
      assert(floors.some(ballot => compareBallots(ballot, CHOSEN) > 0));
      assert.deepEqual(scripted.read, []);
    },
  },
  {
    title: 'a key whose copies were refused is read before a partition is done (C3)',
    check: async () => {
      const scripted = new Scripted({ afterCopy: ZERO_BALLOT, isOvertaken: false });
      await scripted.carry();
      assert.deepEqual(scripted.read, [KEY]);
    },
  },
  {
    title:
      'a key of a closed stay is copied from who has it, when the one that tells the values lacks it (G5)',
    check: async () => {
      assert.notEqual(JOINT.joint.before[PARTITION % JOINT.joint.before.length], 'a');
      const scripted = new Scripted({ afterCopy: CHOSEN, isOvertaken: false, isClosed: true });
      await scripted.carry();
      assert(scripted.sent.some(({ command }) => command.kind === 'copy' && command.key === KEY));
      assert.deepEqual(scripted.read, []);
    },
  },
  {
    title: 'a joint epoch does not end while a partition is missing (C3)',
    check: async () => {
      const members = new Map(JOINT.acceptors.map(name => [name, storeOf(name)] as const));
      const decided: Decided = { epoch: 2, members, joint: JOINT.joint, carried: [0, 1, 2], former: [] };
      assert.throws(() => settledOf(decided), MembershipError);
    },
  },
  {
    title: 'a store that was let go is no member again, since what it has may have been collected (C6)',
    check: async () => {
      const members = new Map(JOINT.acceptors.map(name => [name, storeOf(name)] as const));
      const carried = Array.from({ length: PARTITIONS }, (_, partition) => partition);
      const settled = settledOf({ epoch: 2, members, joint: JOINT.joint, carried, former: [] });
      const back = new Map([['c', storeOf('c')]]);
      assert.throws(
        () => joined(decidedOf(membersValue(settled)), { add: back, remove: [] }),
        MembershipError,
      );
    },
  },
];
