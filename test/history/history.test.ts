import test from 'ava';
import { formatHistory, type HistoryEvent, operationsOf, parseHistory } from '../../src/history/history.ts';
import { HistoryError } from '../../src/history/operations.ts';

const common = { process: 1, key: 'orders.42', time: 1 };

const CAS: readonly HistoryEvent[] = [
  { ...common, type: 'invoke', operation: 'variable.cas', value: { b: [1, null] }, version: 2, id: 'a1' },
  {
    ...common,
    type: 'ok',
    operation: 'variable.cas',
    time: 2,
    set: true,
    value: { b: [1, null] },
    version: 3,
  },
];

test('parseHistory() gives back the events, when they were written by formatHistory()', t => {
  const events: HistoryEvent[] = [
    ...CAS,
    { ...common, type: 'invoke', operation: 'variable.change', change: 'add', args: [1] },
    { ...common, type: 'fail', operation: 'variable.change', set: false, version: 0, error: 'rejected' },
    { ...common, type: 'invoke', operation: 'switch.set' },
    { ...common, type: 'info', operation: 'switch.set', error: 'unknown' },
  ];
  t.deepEqual(parseHistory(formatHistory(events)), events);
});

test('parseHistory() skips empty lines, and counts them', t => {
  t.deepEqual(parseHistory(`\n${formatHistory(CAS)}\n\n`), CAS);
  t.throws(() => parseHistory('\n\n{'), { instanceOf: HistoryError, code: 'bad_line', message: /Line 3 / });
});

const event = '"process":0,"key":"a","time":1';
const BAD_LINES: Readonly<Record<string, { line: string; why: RegExp }>> = {
  'is no JSON': { line: 'ok', why: /not JSON/ },
  'has an unknown type': { line: `{${event},"type":"done","operation":"switch.set"}`, why: /type/ },
  'calls an unknown operation': {
    line: `{${event},"type":"invoke","operation":"switch.flip"}`,
    why: /operation/,
  },
  'has no process': { line: '{"key":"a","time":1,"type":"invoke","operation":"switch.set"}', why: /process/ },
  'misspells an argument': {
    line: `{${event},"type":"invoke","operation":"variable.cas","value":1,"expects":1}`,
    why: /expects/,
  },
  'writes without a value': { line: `{${event},"type":"invoke","operation":"variable.write"}`, why: /value/ },
  'compares with nothing': {
    line: `{${event},"type":"invoke","operation":"variable.cas","value":1}`,
    why: /either a version or an expected value/,
  },
  'compares twice': {
    line: `{${event},"type":"invoke","operation":"variable.cas","value":1,"version":1,"expect":1}`,
    why: /either a version or an expected value/,
  },
  'answers without a state': { line: `{${event},"type":"ok","operation":"variable.read"}`, why: /set/ },
  'refuses with half a state': {
    line: `{${event},"type":"fail","operation":"variable.read","error":"conflict","set":true}`,
    why: /state in part/,
  },
  'takes an unknown outcome for a failure': {
    line: `{${event},"type":"fail","operation":"variable.write","error":"unknown"}`,
    why: /record it as info/,
  },
};

for (const [what, { line, why }] of Object.entries(BAD_LINES)) {
  test(`parseHistory() names the line, when it ${what}`, t => {
    const error = t.throws(() => parseHistory(`${formatHistory(CAS)}${line}\n`), {
      instanceOf: HistoryError,
    });
    t.is(error.code, 'bad_line');
    t.regex(error.message, /^Line 3 of the history /);
    t.regex(error.message, why);
  });
}

test('operationsOf() gives call, outcome and positions, when a call was answered', t => {
  t.deepEqual(operationsOf(CAS), [
    {
      process: 1,
      key: 'orders.42',
      call: { operation: 'variable.cas', value: { b: [1, null] }, version: 2 },
      outcome: { kind: 'ok', shown: { set: true, value: { b: [1, null] }, version: 3 } },
      invokedAt: 0,
      completedAt: 1,
    },
  ]);
});

test('operationsOf() goes by the order of the events, when their times say otherwise', t => {
  const read = { ...common, operation: 'switch.read' } as const;
  const [first, second] = operationsOf([
    { ...read, type: 'invoke', time: 5 },
    { ...read, type: 'ok', time: 5, set: false, version: 0 },
    { ...read, type: 'invoke', time: 5 },
    { ...read, type: 'ok', time: 4, set: false, version: 0 },
  ]);
  t.deepEqual([first?.invokedAt, first?.completedAt, second?.invokedAt, second?.completedAt], [0, 1, 2, 3]);
});

test('operationsOf() tells refused from failed, when a failure does or does not show a state', t => {
  const create = { ...common, operation: 'variable.create' } as const;
  const operations = operationsOf([
    { ...create, type: 'invoke', value: 1 },
    { ...create, type: 'fail', error: 'conflict', set: true, value: 2, version: 1 },
    { ...create, type: 'invoke', value: 1 },
    { ...create, type: 'fail', error: 'no_quorum' },
  ]);
  t.deepEqual(
    operations.map(operation => operation.outcome),
    [
      { kind: 'refused', code: 'conflict', shown: { set: true, value: 2, version: 1 } },
      { kind: 'failed', code: 'no_quorum' },
    ],
  );
});

test('operationsOf() leaves the outcome unknown for ever, when there is info or no completion', t => {
  const write = { ...common, operation: 'variable.write' } as const;
  const operations = operationsOf([
    { ...write, type: 'invoke', value: 1 },
    { ...write, process: 2, type: 'invoke', value: 2 },
    { ...write, process: 2, type: 'info' },
  ]);
  t.deepEqual(
    operations.map(({ outcome, completedAt }) => [outcome, completedAt]),
    [
      ['unknown', Number.POSITIVE_INFINITY],
      ['unknown', Number.POSITIVE_INFINITY],
    ],
  );
});

const set = { ...common, operation: 'switch.set' } as const;
const BAD_ORDERS: Readonly<Record<string, { events: HistoryEvent[]; why: RegExp }>> = {
  'calls twice at once': {
    events: [
      { ...set, type: 'invoke' },
      { ...set, type: 'invoke' },
    ],
    why: /Event 2 .* process 1 cannot call 'switch.set' of 'orders.42', because .* is not completed/,
  },
  'completes what it did not call': { events: [{ ...set, type: 'info' }], why: /Event 1 .* called nothing/ },
  'completes another operation': {
    events: [
      { ...set, type: 'invoke' },
      { ...set, type: 'ok', operation: 'switch.read', set: true, version: 1 },
    ],
    why: /Event 2 .* had called 'switch.set'/,
  },
  'completes the operation of another key': {
    events: [
      { ...set, type: 'invoke' },
      { ...set, type: 'ok', key: 'b', set: true, version: 1 },
    ],
    why: /Event 2 .* had called 'switch.set' of 'orders.42'/,
  },
  'acts again after an unknown outcome': {
    events: [
      { ...set, type: 'invoke' },
      { ...set, type: 'info' },
      { ...set, type: 'invoke' },
    ],
    why: /Event 3 .* is unknown/,
  },
};

for (const [what, { events, why }] of Object.entries(BAD_ORDERS)) {
  test(`operationsOf() names the event, when a process ${what}`, t => {
    t.throws(() => operationsOf(events), { instanceOf: HistoryError, code: 'bad_order', message: why });
  });
}
