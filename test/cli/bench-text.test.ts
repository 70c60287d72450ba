// What `synod bench` shows.

import test from 'ava';
import type { StepResult } from '../../src/bench/step-result.ts';
import { reportText } from '../../src/cli/bench-text.ts';

const KNOWN: StepResult = {
  workload: 'cas',
  proposer: 'service',
  clients: 64,
  rate: null,
  seconds: 10,
  throughput: 4321.4,
  operations: 43_214,
  succeeded: 43_214,
  refused: {},
  errors: {},
  latencyMs: { mean: 5, p50: 4.5, p90: 8, p99: 20.25, p999: 40, max: 123.4 },
  waited: 0,
  late: 0,
  cpuMsPerThousand: { natsServer: 100, acceptors: 300, proposers: 200, client: 50 },
  residentBytes: { natsServer: 2 ** 24, acceptors: 2 ** 28, proposers: 2 ** 27, client: 2 ** 26 },
  messagesPerOperation: { published: 5.25, delivered: 7, total: 12.25 },
};
const UNKNOWN = { natsServer: null, acceptors: null, proposers: null, client: 50 };

test('reportText() shows throughput, latency and cost', t => {
  const lines = reportText([KNOWN]).split('\n');
  t.regex(lines[3] ?? '', /^cas +64 +4,321 +4\.50 +8\.00 +20\.25 +40\.00 +123 +0 +0$/);
  t.regex(lines[8] ?? '', /^cas +64 +100\.0 +300\.0 +200\.0 +50\.0 +5\.25 +12\.25 +16 +256 +128 +64$/);
  t.is(lines.length, 10);
});

test('reportText() names the steps of an embedded proposer', t => {
  const text = reportText([KNOWN, { ...KNOWN, proposer: 'embedded', refused: { conflict: 1 } }]);
  t.regex(text, /^cas +64 /m);
  t.regex(text, /^cas \(embedded\) +64 /m);
  t.regex(text, /^cas \(embedded\), 64 clients: refused conflict 1\.$/m);
});

test('reportText() shows refusals and errors by code, the most frequent first', t => {
  const text = reportText([{ ...KNOWN, refused: { conflict: 2000 }, errors: { unknown: 1, timeout: 7 } }]);
  t.regex(text, /^cas, 64 clients: refused conflict 2,000\.$/m);
  t.regex(text, /^cas, 64 clients: errors timeout 7, unknown 1\.$/m);
});

test('reportText() says what is not known, and how it would be', t => {
  const text = reportText([
    { ...KNOWN, cpuMsPerThousand: UNKNOWN, residentBytes: UNKNOWN, messagesPerOperation: null },
  ]);
  t.regex(text, /^cas +64 +– +– +– +50\.0 +– +– +– +– +– +0$/m);
  t.regex(text, /--data DIR/);
  t.regex(text, /--monitor URL/);
});

test('reportText() says when operations waited for a client, or for the load itself', t => {
  const text = reportText([{ ...KNOWN, waited: 10, late: 20, errors: { not_sent: 3 } }]);
  t.regex(text, /10 of 43,214 operations waited for a free client/);
  t.regex(text, /20 of 43,214 operations were sent late/);
  t.regex(text, /for not_sent no client was free/);
});
