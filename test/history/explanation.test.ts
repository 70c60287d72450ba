import test from 'ava';
import { printExplanation } from '../../src/history/explanation.ts';
import { type HistoryEvent, operationsOf } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';

const model = synodModel(BUILT_IN_CHANGES);
const write = { key: 'orders.42', time: 0, operation: 'variable.write' } as const;
const read = { key: 'orders.42', time: 0, operation: 'variable.read' } as const;

const STALE: readonly HistoryEvent[] = [
  { ...write, process: 0, type: 'invoke', value: 'a' },
  { ...write, process: 0, type: 'ok', set: true, value: 'a', version: 1 },
  { ...write, process: 1, type: 'invoke', value: 'b' },
  { ...write, process: 1, type: 'info' },
  { ...read, process: 2, type: 'invoke' },
  { ...read, process: 2, type: 'ok', set: true, value: 'b', version: 2 },
  { ...read, process: 2, type: 'invoke' },
  { ...read, process: 2, type: 'ok', set: true, value: 'a', version: 1 },
];

test('printExplanation() tells the key, the order, the state and what has no place, when a read is stale', t => {
  const verdict = checkLinearizable(model, operationsOf(STALE));
  if (verdict.kind === 'linearizable') throw new Error('A stale read was accepted');
  t.is(
    printExplanation(verdict.explanation),
    [
      "No order of all operations of 'orders.42' was found. The longest one has 3:",
      '  events 1–2 process 0: variable.write, value "a" → ok, shown {"set":true,"version":1,"value":"a"}',
      '  events 3– process 1: variable.write, value "b" → unknown',
      '  events 5–6 process 2: variable.read → ok, shown {"set":true,"version":2,"value":"b"}',
      'They lead to the state {"kind":"variable","set":true,"value":"b","version":2}, after which these have no place:',
      '  events 7–8 process 2: variable.read → ok, shown {"set":true,"version":1,"value":"a"}',
    ].join('\n'),
  );
});

test('printExplanation() leaves out the beginning, when the order is long', t => {
  const writes = Array.from({ length: 20 }, (_, n): HistoryEvent[] => [
    { ...write, process: 0, type: 'invoke', value: n },
    { ...write, process: 0, type: 'ok', set: true, value: n, version: n + 1 },
  ]).flat();
  const impossible: HistoryEvent[] = [
    { ...read, process: 0, type: 'invoke' },
    { ...read, process: 0, type: 'ok', set: true, value: 'b', version: 99 },
  ];
  const verdict = checkLinearizable(model, operationsOf([...writes, ...impossible]));
  if (verdict.kind === 'linearizable') throw new Error('An impossible read was accepted');
  const lines = printExplanation(verdict.explanation).split('\n');
  t.is(lines[0], "No order of all operations of 'orders.42' was found. The longest one has 20:");
  t.is(lines[1], '  … 8 more before');
  t.regex(lines[2] ?? '', /events 17–18 .* value 8 /);
});

test('checkLinearizable() gives up and says how far it came, when the limit is too low', t => {
  const verdict = checkLinearizable(model, operationsOf(STALE.slice(0, 6)), { configurationsPerKeyMax: 1 });
  t.is(verdict.kind, 'gave-up');
  t.is('explanation' in verdict ? verdict.explanation.key : '', 'orders.42');
});

test('checkLinearizable() names the bad key, when it gives up on another', t => {
  const concurrent: HistoryEvent[] = STALE.slice(0, 6).map(event => ({ ...event, key: 'a' }));
  const bad: HistoryEvent[] = [
    { ...read, process: 7, key: 'b', type: 'invoke' },
    { ...read, process: 7, key: 'b', type: 'ok', set: true, value: 'a', version: 1 },
  ];
  const verdict = checkLinearizable(model, operationsOf([...concurrent, ...bad]), {
    configurationsPerKeyMax: 1,
  });
  t.is(verdict.kind, 'not-linearizable');
  t.is('explanation' in verdict ? verdict.explanation.key : '', 'b');
});
