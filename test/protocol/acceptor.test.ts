import test from 'ava';
import fc from 'fast-check';
import { accept, EMPTY_SLOT, prepare, read, type Slot, TwoValuesError } from '../../src/protocol/acceptor.ts';
import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { randomRuns } from '../history/random-runs.ts';
import { usedBallots } from './arbitrary.ts';

const ballot = (counter: number, proposer = 'p1'): Ballot => ({ counter, proposer });
const bytes = (text: string) => new TextEncoder().encode(text);
const promisedOnly = (promised: Ballot): Slot => ({ ...EMPTY_SLOT, promised });
const slotOf = (promised: Ballot, accepted: Ballot, value: string): Slot => {
  return { promised, accepted, value: bytes(value) };
};

test('prepare() promises, and tells that nothing is accepted, when the slot is empty', t => {
  const { slot, reply } = prepare(EMPTY_SLOT, ballot(1));
  t.deepEqual(slot, promisedOnly(ballot(1)));
  t.deepEqual(reply, { kind: 'promised', accepted: ZERO_BALLOT, value: new Uint8Array(0) });
});

test('prepare() tells what is accepted, and keeps it', t => {
  const before = slotOf(ballot(2), ballot(1), 'A');
  const { slot, reply } = prepare(before, ballot(3, 'p2'));
  t.deepEqual(slot, { ...before, promised: ballot(3, 'p2') });
  t.deepEqual(reply, { kind: 'promised', accepted: ballot(1), value: bytes('A') });
});

test('prepare() refuses a ballot below the promise (A1)', t => {
  const before = promisedOnly(ballot(5));
  t.deepEqual(prepare(before, ballot(4, 'p9')), {
    slot: before,
    reply: { kind: 'conflict', seen: ballot(5) },
  });
  t.is(prepare(before, ballot(4)).slot, before);
});

test('prepare() refuses a ballot of the same counter and a lower proposer (A1)', t => {
  const before = promisedOnly(ballot(5, 'p2'));
  t.is(prepare(before, ballot(5, 'p1')).reply.kind, 'conflict');
  t.is(prepare(before, ballot(5, 'p3')).reply.kind, 'promised');
});

test('prepare() answers a retransmission again and writes nothing (A1)', t => {
  const before = slotOf(ballot(5), ballot(1), 'A');
  const { slot, reply } = prepare(before, ballot(5));
  t.is(slot, before);
  t.deepEqual(reply, { kind: 'promised', accepted: ballot(1), value: bytes('A') });
});

test('prepare() refuses the accepted ballot itself, even when it is the promise', t => {
  const before = slotOf(ballot(5), ballot(5), 'A');
  t.deepEqual(prepare(before, ballot(5)).reply, { kind: 'conflict', seen: ballot(5) });
});

test('accept() takes the value and promises the next ballot in one write', t => {
  const { slot, reply } = accept(promisedOnly(ballot(1)), ballot(1), bytes('A'), ballot(2));
  t.deepEqual(slot, slotOf(ballot(2), ballot(1), 'A'));
  t.deepEqual(reply, { kind: 'accepted' });
});

test('accept() takes a ballot above the promise: a promise is no lock', t => {
  const { slot } = accept(promisedOnly(ballot(1)), ballot(3, 'p2'), bytes('B'), ballot(4, 'p2'));
  t.deepEqual(slot, slotOf(ballot(4, 'p2'), ballot(3, 'p2'), 'B'));
});

test('accept() promises its own ballot, when the next one is below it (A1)', t => {
  const { slot } = accept(EMPTY_SLOT, ballot(3), bytes('A'), ballot(2));
  t.deepEqual(slot.promised, ballot(3));
});

test('accept() refuses a ballot below the promise (A1)', t => {
  const before = slotOf(ballot(5, 'p2'), ballot(1), 'A');
  const { slot, reply } = accept(before, ballot(4), bytes('B'), ballot(6));
  t.is(slot, before);
  t.deepEqual(reply, { kind: 'conflict', seen: ballot(5, 'p2') });
});

test('accept() refuses a ballot of the same counter and a lower proposer (A2)', t => {
  t.is(accept(promisedOnly(ballot(5, 'p2')), ballot(5, 'p1'), bytes('B'), ballot(6)).reply.kind, 'conflict');
});

test('accept() refuses a ballot below the accepted one', t => {
  // Cannot come about, as accepting promises; the rule stands by itself.
  const before = slotOf(ballot(1), ballot(5), 'A');
  t.deepEqual(accept(before, ballot(4), bytes('B'), ballot(6)).reply, { kind: 'conflict', seen: ballot(5) });
});

test('accept() answers a retransmission again, whatever was promised since', t => {
  const before = slotOf(ballot(9, 'p2'), ballot(3), 'A');
  const { slot, reply } = accept(before, ballot(3), bytes('A'), ballot(4));
  t.is(slot, before);
  t.deepEqual(reply, { kind: 'accepted' });
});

test('accept() stops everything, when one ballot comes with two values (A2)', t => {
  const before = slotOf(ballot(4), ballot(3), 'A');
  const error = t.throws(() => accept(before, ballot(3), bytes('B'), ballot(4)), {
    instanceOf: TwoValuesError,
  });
  t.deepEqual(error?.ballot, ballot(3));
  t.throws(() => accept(before, ballot(3), bytes('AA'), ballot(4)), { instanceOf: TwoValuesError });
});

test('read() tells what is accepted and changes nothing', t => {
  t.deepEqual(read(EMPTY_SLOT), { kind: 'report', accepted: ZERO_BALLOT, value: new Uint8Array(0) });
  t.deepEqual(read(slotOf(ballot(5), ballot(3), 'A')), {
    kind: 'report',
    accepted: ballot(3),
    value: bytes('A'),
  });
});

/** One ballot carries one value, and each proposer's next ballot is its following counter. */
const commands = fc.record({ kind: fc.constantFrom('prepare', 'accept'), ballot: usedBallots });
const valueAt = ({ counter, proposer }: Ballot) => bytes(`${counter} of ${proposer}`);
const nextOf = ({ counter, proposer }: Ballot) => ballot(counter + 1, proposer);

function take(slot: Slot, command: { readonly kind: string; readonly ballot: Ballot }) {
  return command.kind === 'prepare'
    ? prepare(slot, command.ballot)
    : accept(slot, command.ballot, valueAt(command.ballot), nextOf(command.ballot));
}

test('prepare() and accept() never take a promise or an acceptance back (A1)', t => {
  const property = fc.property(fc.array(commands, { maxLength: 30 }), sequence => {
    let slot = EMPTY_SLOT;
    for (const command of sequence) {
      const after = take(slot, command).slot;
      if (compareBallots(after.promised, slot.promised) < 0) throw new Error('the promise went back');
      if (compareBallots(after.accepted, slot.accepted) < 0) throw new Error('the acceptance went back');
      if (compareBallots(after.promised, after.accepted) < 0)
        throw new Error('more is accepted than promised');
      slot = after;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});

test('prepare() and accept() keep every promise they made (A1)', t => {
  const property = fc.property(fc.array(commands, { maxLength: 30 }), sequence => {
    let slot = EMPTY_SLOT;
    let promised = ZERO_BALLOT;
    for (const command of sequence) {
      const { slot: after, reply } = take(slot, command);
      const isNew = compareBallots(after.accepted, slot.accepted) !== 0;
      if (isNew && compareBallots(command.ballot, promised) < 0)
        throw new Error('it accepted below a promise');
      if (reply.kind === 'promised') promised = maxBallot(promised, command.ballot);
      if (reply.kind === 'accepted' && isNew) promised = maxBallot(promised, nextOf(command.ballot));
      slot = after;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});

test('prepare() and accept() leave the slot as it is, when they refuse or answer again', t => {
  const property = fc.property(fc.array(commands, { maxLength: 30 }), sequence => {
    let slot = EMPTY_SLOT;
    for (const command of sequence) {
      const { slot: after, reply } = take(slot, command);
      if (reply.kind === 'conflict' && after !== slot) throw new Error('a refusal was written');
      const again = take(after, command);
      if (reply.kind !== 'conflict' && again.slot !== after) throw new Error('a retransmission was written');
      if (reply.kind !== 'conflict' && again.reply.kind !== reply.kind)
        throw new Error('it was answered otherwise');
      slot = after;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});
