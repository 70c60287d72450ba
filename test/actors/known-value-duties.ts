// What acceptors and proposers owe to each other where a value is not told again (P6), as checks that throw. The tests run
// them on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { randomSource } from '../../src/actors/random.ts';
import { isEmpty, type Slot } from '../../src/protocol/acceptor.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { afterFirstWrite, KEY, read, shown } from '../protocol/group.ts';
import type { Duty } from './runtime-duties.ts';
import { votingStanding } from './standings.ts';

const own = (counter: number) => ({ counter, proposer: 'p' });
const NOTHING = new Uint8Array(0);

/** An acceptor whose disk is at once. */
class Turns {
  readonly disk = new Map<string, Slot>();
  readonly #actor: AcceptorActor;
  /** Keys that were looked up. */
  loads = 0;

  constructor(cacheBytesMax: number) {
    this.#actor = new AcceptorActor({ cacheBytesMax, standing: votingStanding() });
  }

  take(commands: readonly Command[]): readonly Reply[] {
    const inputs = [{ proposer: 'p', epoch: 1, commands }];
    // A read that shares a turn with a change may be answered before it or with it: here always with it.
    const early = commands.length === 1 ? this.#actor.early(inputs) : { send: [], rest: inputs };
    const { slots } = this.#actor.needs(early.rest);
    this.loads += slots.filter(key => !key.startsWith('#')).length;
    const found = new Map([...this.disk].filter(([key]) => slots.includes(key)));
    const { persist, send } = this.#actor.step(early.rest, { slots: found, keys: new Map() }, 0);
    for (const [key, slot] of persist) {
      if (isEmpty(slot)) this.disk.delete(key);
      else this.disk.set(key, slot);
    }
    this.#actor.settled();
    return [...early.send, ...send].flatMap(({ replies }) => replies);
  }
}

function accept(key: string, counter: number): Command {
  const value = Uint8Array.from(Buffer.from(`value ${counter} of ${key}`));
  return { kind: 'accept', key, ballot: own(counter), value, next: own(counter + 1) };
}

const replies = (all: readonly Reply[]): readonly string[] => all.map(reply => JSON.stringify(reply)).sort();

export const KNOWN_VALUE_DUTIES: readonly Duty[] = [
  {
    title: 'an acceptor leaves out the value of the ballot that the asker names, and of no other (P6)',
    check: async () => {
      const acceptor = new Turns(1 << 20);
      acceptor.take([accept('k', 5)]);
      const { value } = acceptor.disk.get('k') ?? { value: NOTHING };
      const told = { kind: 'report', key: 'k', serial: 9, accepted: own(5) } as const;
      const asked = { kind: 'read', key: 'k', serial: 9 } as const;
      assert.deepEqual(acceptor.take([{ ...asked, known: own(5) }]), [
        { ...told, value: NOTHING, isKnown: true },
      ]);
      for (const known of [undefined, own(4), own(6), { counter: 5, proposer: 'q' }])
        assert.deepEqual(acceptor.take([{ ...asked, known }]), [{ ...told, value }]);
    },
  },
  {
    title:
      'an acceptor that has the ballots alone in memory answers and keeps the same as one that has all (P6)',
    check: async () => {
      for (const seed of [1, 2, 3]) {
        const random = randomSource(seed);
        const below = (max: number): number => Math.floor(random() * max);
        const small = new Turns(4096);
        const roomy = new Turns(1 << 20);
        const accepted = new Map<string, number>();
        for (let turn = 1; turn <= 1500; turn++) {
          const commands = Array.from({ length: 1 + below(3) }, (): Command => {
            const key = `k${below(60)}`;
            const latest = accepted.get(key) ?? 0;
            switch (below(6)) {
              case 0:
                return { kind: 'read', key, serial: turn };
              case 1:
                return { kind: 'prepare', key, ballot: own(Math.max(1, latest + below(3) - 1)) };
              case 2:
                return accept(key, Math.max(1, latest));
              case 3: {
                accepted.set(key, latest + 2);
                return accept(key, latest + 2);
              }
              default:
                return { kind: 'read', key, serial: turn, known: own(Math.max(1, latest - below(2))) };
            }
          });
          assert.deepEqual(replies(small.take(commands)), replies(roomy.take(commands)));
        }
        assert.deepEqual(small.disk.get('k7'), roomy.disk.get('k7'));
        for (const [key, slot] of roomy.disk)
          if (!key.startsWith('#')) assert.deepEqual(small.disk.get(key), slot);
      }
    },
  },
  {
    title:
      'an acceptor that has the ballots in memory looks nothing up for accepts, nor for reads of what is known (P6)',
    check: async () => {
      const acceptor = new Turns(1 << 15);
      const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
      for (const key of keys) acceptor.take([accept(key, 5)]);
      const before = acceptor.loads;
      for (const key of keys) acceptor.take([accept(key, 7)]);
      for (const key of keys) acceptor.take([{ kind: 'read', key, serial: 1, known: own(7) }]);
      assert.equal(acceptor.loads, before);
      for (const key of keys) acceptor.take([{ kind: 'read', key, serial: 1 }]);
      assert.ok(acceptor.loads > before);
    },
  },
  {
    title: 'a proposer names what it has, and counts no report without a value for anything else (P6)',
    check: async () => {
      const { group, first: proposer } = afterFirstWrite();
      const [token] = proposer.begin(read);
      const asked = proposer.command;
      assert(asked.kind === 'read');
      assert.deepEqual(asked.known, group.slot('a').accepted);
      const { serial } = asked;
      const other = { counter: asked.known?.counter ?? 0, proposer: 'p2' };
      const report = { kind: 'report', key: KEY, serial, value: NOTHING, isKnown: true } as const;
      for (const acceptor of ['a', 'b', 'c']) proposer.receive(acceptor, { ...report, accepted: other });
      assert.equal(proposer.phase, 'reading');
      for (const acceptor of ['a', 'b']) proposer.receive(acceptor, group.vote(acceptor, asked));
      assert.deepEqual(proposer.answer(token), shown('A', 1));
    },
  },
];
