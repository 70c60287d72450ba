// A change of the user's own: whatever it does comes to a value or to a rejection of the one request.

import test from 'ava';
import { z } from 'zod';
import { type ChangeDefinition, defineChange } from '../../src/node/changes/define-change.ts';
import { ownChange } from '../../src/node/changes/own-change.ts';
import { ChangeRejected } from '../../src/protocol/changes.ts';
import { apply, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { UNSET } from '../../src/protocol/state.ts';
import type { Value } from '../../src/protocol/value.ts';

const OCCASION = { nowMs: 1000, version: 7 };

function change(apply: (value: Value | undefined, args: unknown[]) => unknown): ChangeDefinition {
  return { name: 'own', version: 1, args: z.array(z.unknown()), apply: apply as never };
}

test('ownChange() gives the change checked arguments, the value and the occasion', t => {
  const scale = defineChange({
    name: 'scale',
    version: 1,
    args: z.tuple([z.number().default(2)]),
    apply: (state, [factor], { nowMs, version }) => [Number(state ?? 1) * factor, nowMs, version],
  });
  t.deepEqual(ownChange(scale)(21, [2], OCCASION), [42, 1000, 7]);
  t.deepEqual(ownChange(scale)(undefined, [], OCCASION), [2, 1000, 7]);
});

test('ownChange() rejects arguments that its schema does not take, and says which', t => {
  const own = ownChange({
    ...change(() => 1),
    args: z.tuple([z.string(), z.object({ n: z.int() })]),
  });
  const error = t.throws(() => own(1, ['a', { n: 'b' }], OCCASION), { instanceOf: ChangeRejected });
  t.regex(error?.message ?? '', /^its argument 1\.n: .*expected (int|number)/);
  t.throws(() => own(1, [], OCCASION), { instanceOf: ChangeRejected });
});

/** What a change can do wrong, and how the rejection says it. */
const FAULTS: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    'throws',
    () => {
      throw new Error('too poor');
    },
    /^too poor$/,
  ],
  [
    'throws what is no error',
    () => {
      throw Object.create(null);
    },
    /it threw a map/,
  ],
  [
    'throws what never ends to become text',
    () => {
      throw {
        toString() {
          for (;;);
        },
      };
    },
    /it threw a map/,
  ],
  [
    'throws an error with a message that never ends',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get() {
          for (;;);
        },
      });
    },
    /stopped after 100 ms/,
  ],
  [
    'runs for ever',
    () => {
      for (;;);
    },
    /stopped after 100 ms/,
  ],
  [
    'runs for ever and catches everything',
    () => {
      for (;;) {
        try {
          for (;;);
        } catch {}
      }
    },
    /stopped after 100 ms/,
  ],
  [
    'has a regular expression that takes years',
    () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
    /stopped after 100 ms/,
  ],
  [
    'returns what runs for ever when it is looked at',
    () => ({
      get field() {
        for (;;);
      },
    }),
    /stopped after 100 ms/,
  ],
  ['returns a function', () => () => 1, /could not be cloned/],
  ['returns a promise that is rejected', () => Promise.reject(new Error('later')), /not with a promise/],
  [
    'recurses without end',
    function again(): unknown {
      return [again()];
    },
    /stack/,
  ],
];

for (const [what, work, why] of FAULTS) {
  test(`ownChange() rejects the one request when the change ${what}`, t => {
    const error = t.throws(() => ownChange(change(work))(1, [], OCCASION), { instanceOf: ChangeRejected });
    t.regex(error?.message ?? '', why);
    t.is(ownChange(change(() => 2))(1, [], OCCASION), 2, 'others go on');
  });
}

test('ownChange() gives copies: what the change does to them changes nothing', t => {
  const kept: unknown[] = [];
  const own = ownChange(
    change((value, args) => {
      (value as unknown[]).push(1);
      args.push(2);
      kept.push(value);
      return value;
    }),
  );
  const value = ['A'];
  const args = ['B'];
  const result = own(value, args, OCCASION) as unknown[];
  (kept[0] as unknown[]).push('later');
  t.deepEqual([value, args, result], [['A'], ['B'], ['A', 1]]);
});

test('ownChange() does not run a change for a while after it was out of time', t => {
  let nowMs = 0;
  let runs = 0;
  const own = ownChange(
    change((_, [forEver]) => {
      runs += 1;
      while (forEver === true);
      return runs;
    }),
    () => nowMs,
  );
  t.throws(() => own(1, [true], OCCASION), { message: /stopped/ });
  nowMs += 1999;
  t.throws(() => own(1, [false], OCCASION), { instanceOf: ChangeRejected, message: /not run for 2000 ms/ });
  const before = runs;
  t.throws(() => own(1, [false], OCCASION), { instanceOf: ChangeRejected });
  t.is(runs, before);
  nowMs += 1;
  t.is(own(1, [false], OCCASION), before + 1);
});

test('ownChange() runs a change again that was stopped without having had its time', t => {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  let runs = 0;
  const own = ownChange(
    change(() => {
      runs += 1;
      while (runs < 3) Atomics.wait(nothing, 0, 0, 10);
      return runs;
    }),
  );
  t.is(own(1, [], OCCASION), 3);
  const waiting = ownChange(
    change(() => {
      for (;;) Atomics.wait(nothing, 0, 0, 10);
    }),
  );
  t.throws(() => waiting(1, [], OCCASION), { instanceOf: ChangeRejected, message: /stopped after 100 ms/ });
});

test('what a change comes to is checked like any value', t => {
  for (const [result, code] of [
    [{ when: new Date(0) }, 'rejected'],
    [undefined, 'rejected'],
    [2 ** 60, 'rejected'],
    ['x'.repeat(101), 'too_large'],
    ['fits', undefined],
  ] as const) {
    const changes = new Map([['own', ownChange(change(() => result))]]);
    const operation = { type: 'variable.change', change: 'own', args: [] } as const;
    const context = { changes, valueBytesMax: 100, nowSeconds: 1, rememberedMax: REMEMBERED_MAX };
    const { outcome, state } = apply(UNSET, { operation, id: undefined }, context);
    t.is(outcome.kind === 'refused' ? outcome.code : undefined, code);
    t.is(state.version, code === undefined ? 1 : 0);
  }
});
