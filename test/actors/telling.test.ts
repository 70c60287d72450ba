import test from 'ava';
import { OVERTAKEN_TOLD_MS, tellingOf } from '../../src/actors/telling.ts';

const write = { pass: { router: 'r', number: 1 }, isRead: false };

test('tellingOf() leaves it to the router to say that a passed write is not applied (R3)', t => {
  for (const kind of ['no_quorum', 'storage_full', 'overloaded'] as const) {
    const answer = { kind, why: 'so' };
    t.like(tellingOf(answer, write, 'h'), { by: 'router', answer });
    t.like(tellingOf(answer, write, 'r'), { by: 'here', answer: { kind: 'unknown' } });
    t.like(tellingOf(answer, { ...write, isRead: true }, 'h'), { by: 'here', answer });
    t.like(tellingOf(answer, { ...write, pass: undefined }, 'h'), { by: 'here', answer });
  }
});

test('tellingOf() lets the one that applied a pass speak first (R3)', t => {
  const overtaken = { kind: 'unknown', why: 'so', isOvertaken: true } as const;
  t.like(tellingOf(overtaken, write, 'h'), { by: 'here', afterMs: OVERTAKEN_TOLD_MS });
  t.like(tellingOf({ kind: 'unknown', why: 'so' }, write, 'h'), { by: 'here', afterMs: 0 });
});
