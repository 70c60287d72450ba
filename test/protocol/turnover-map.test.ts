import test from 'ava';
import fc from 'fast-check';
import { TurnoverMap } from '../../src/protocol/turnover-map.ts';

const KEYS = 12;

/** Far beyond the deletions after which it begins a Map anew. */
const STEPS = 2000;

const step = fc.tuple(fc.constantFrom('set', 'delete', 'delete', 'clear once'), fc.nat(KEYS - 1));

test('A TurnoverMap is a Map, through any number of entries that come and go', t => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), steps => {
      const map = new Map<number, number>();
      const turnover = new TurnoverMap<number, number>();
      for (let at = 0; at < STEPS; at++) {
        const [what, key] = steps[at % steps.length] ?? ['set', 0];
        if (what === 'set') {
          map.set(key, at);
          turnover.set(key, at);
        } else if (what === 'delete') {
          if (map.delete(key) !== turnover.delete(key)) return false;
        } else if (at < steps.length) {
          map.clear();
          turnover.clear();
        }
        if (turnover.size !== map.size || turnover.get(key) !== map.get(key)) return false;
      }
      t.deepEqual([...turnover.values()], [...map.values()]);
      return true;
    }),
    { numRuns: 100 },
  );
});

test('Who iterates over a TurnoverMap sees each entry once, when entries come and go meanwhile', t => {
  const turnover = new TurnoverMap<number, number>();
  for (let key = 0; key < 1000; key++) turnover.set(key, key);
  const seen: number[] = [];
  for (const key of turnover.values()) {
    if (key >= 1000) break;
    seen.push(key);
    turnover.delete(key);
    turnover.set(key + 1000, key + 1000);
  }
  t.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, key) => key),
  );
  t.is(turnover.size, 1000);
});
