// A kept process: started again when it dies, given up when it never comes up, stopped within a bound.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ProcessSpec } from '../../src/node/local/child.ts';
import { KeptProcess } from '../../src/node/local/kept-process.ts';
import { MISPLACED_EXIT_CODE, QUARANTINE_EXIT_CODE } from '../../src/node/process/fatal-error.ts';

const SERVES = 'console.log("ready x"); process.stdin.resume();';

function specOf(script: string): ProcessSpec {
  return {
    name: 'acceptor x',
    command: process.execPath,
    args: ['-e', script],
    env: process.env,
    logPath: join(mkdtempSync(join(tmpdir(), 'synod-kept-')), 'logs', 'x.log'),
    readiness: { kind: 'line', line: 'ready x' },
  };
}

/** Sentences that it reports, to be waited for. */
class Reports {
  readonly sentences: string[] = [];
  #onSentence: () => void = () => {};

  readonly report = (sentence: string): void => {
    this.sentences.push(sentence);
    this.#onSentence();
  };

  async until(pattern: RegExp): Promise<void> {
    while (!this.sentences.some(sentence => pattern.test(sentence))) {
      await new Promise<void>(resolve => {
        this.#onSentence = resolve;
      });
    }
  }
}

test('start() resolves when the process has said that it is ready, and stop() ends it', async t => {
  const kept = new KeptProcess(specOf(SERVES), { report: t.fail, onPid: () => {} });
  await kept.start(20_000);
  t.true((kept.pid ?? 0) > 0);
  t.true(await kept.stop(10_000));
  t.throws(() => process.kill(kept.pid ?? 0, 0), { code: 'ESRCH' });
});

test('a process that says that it is at the wrong place is not started again, and its words are told', async t => {
  const script = `console.error('another cluster is here'); process.exit(${MISPLACED_EXIT_CODE})`;
  const kept = new KeptProcess(specOf(script), { report: t.fail, onPid: () => {} });
  await t.throwsAsync(kept.start(20_000), {
    message: /^Cannot start acceptor x: it ended with exit code 78\.\nanother cluster is here\n/,
  });
});

test('a process that is killed is started again with another pid', async t => {
  const reports = new Reports();
  const pids: (number | null)[] = [];
  const kept = new KeptProcess(specOf(SERVES), {
    report: reports.report,
    onPid: () => pids.push(kept.pid),
  });
  await kept.start(20_000);
  process.kill(kept.pid ?? 0, 'SIGKILL');
  await reports.until(/is back/);
  t.is(reports.sentences[0], `acceptor x (pid ${pids[0]}) was ended by SIGKILL; starting it again in 100 ms`);
  t.is(reports.sentences[1], `acceptor x is back (pid ${pids[1]})`);
  t.is(kept.pid, pids[1] ?? null);
  await kept.stop(10_000);
});

test('start() gives up on a process that keeps ending, and quotes the end of its log', async t => {
  const reports = new Reports();
  const spec = specOf('console.error("Cannot open the store"); process.exit(3)');
  const kept = new KeptProcess(spec, { report: reports.report, onPid: () => {} });
  const error = await t.throwsAsync(kept.start(60_000));
  t.regex(
    error?.message ?? '',
    /^Cannot start acceptor x: it ended with exit code 3, 6 times\.\nCannot open/,
  );
  t.true(error?.message.endsWith(spec.logPath));
  t.regex(
    reports.sentences[0] ?? '',
    /with exit code 3; starting it again in 100 ms\. Cannot open the store$/,
  );
  t.deepEqual(
    reports.sentences.map(sentence => /in (\d+) ms/.exec(sentence)?.[1]),
    ['100', '200', '400', '800', '1600'],
  );
});

test('start() gives up on a process that says nothing', async t => {
  const kept = new KeptProcess(specOf('process.stdin.resume()'), { report: t.fail, onPid: () => {} });
  await t.throwsAsync(kept.start(500), { message: /it was not ready within 0\.5 s\.\nIt wrote nothing to/ });
  await kept.stop(10_000);
});

test('start() tells that a program is not there', async t => {
  const spec = { ...specOf(''), command: '/none/at/all' };
  const kept = new KeptProcess(spec, { report: () => {}, onPid: () => {} });
  await t.throwsAsync(kept.start(60_000), { message: /it could not be started: .*ENOENT/ });
});

test('stop() kills a process that is paused', async t => {
  const kept = new KeptProcess(specOf(SERVES), { report: t.fail, onPid: () => {} });
  await kept.start(20_000);
  process.kill(kept.pid ?? 0, 'SIGSTOP');
  t.false(await kept.stop(100));
});

test('stop() during the pause before a restart leaves nothing behind', async t => {
  const reports = new Reports();
  const kept = new KeptProcess(specOf('process.exit(1)'), { report: reports.report, onPid: () => {} });
  const started = t.throwsAsync(kept.start(60_000), { message: /it was stopped/ });
  await reports.until(/in 400 ms/);
  await kept.stop(10_000);
  await started;
  t.is(reports.sentences.length, 3);
});

test('the log keeps what earlier lives wrote', async t => {
  const spec = specOf(`console.error("life"); ${SERVES}`);
  for (let life = 0; life < 2; life++) {
    const kept = new KeptProcess(spec, { report: t.fail, onPid: () => {} });
    await kept.start(20_000);
    await kept.stop(10_000);
  }
  t.is(readFileSync(spec.logPath, 'utf8'), 'life\nlife\n');
});

test('a process that must not be started again is left stopped with its last words, and start() resolves (A4)', async t => {
  const reports = new Reports();
  const spec = specOf(`console.error("Put its file back"); process.exit(${QUARANTINE_EXIT_CODE})`);
  const kept = new KeptProcess(spec, { report: reports.report, onPid: () => {} });
  await kept.start(20_000);
  t.deepEqual(reports.sentences, [`acceptor x (pid ${kept.pid}) is left stopped. Put its file back`]);
  t.true(await kept.stop(1000));
});
