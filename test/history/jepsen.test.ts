import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { jepsenModel } from '../../src/history/register-models.ts';
import { parseJepsenLog } from './jepsen-log.ts';
import { JEPSEN_HISTORIES } from './paths.ts';

const FILES = 52;
/** Fifty times what the hardest of the files takes today. */
const CONFIGURATIONS_MAX = 600_000;

const verdictsFile = join(JEPSEN_HISTORIES, 'verdicts.tsv');

if (existsSync(verdictsFile)) {
  const verdicts = readFileSync(verdictsFile, 'utf8').trimEnd().split('\n');

  test('checkLinearizable() has a verdict to agree with, for every recorded etcd history', t => {
    t.is(verdicts.length, FILES);
  });

  for (const line of verdicts) {
    const [file = '', verdict = ''] = line.split('\t');
    test(`checkLinearizable() says ${verdict}, given the recorded etcd history ${file}`, t => {
      const operations = parseJepsenLog(readFileSync(join(JEPSEN_HISTORIES, file), 'utf8'));
      t.true(operations.length > 50);
      const options = { configurationsPerKeyMax: CONFIGURATIONS_MAX };
      const found: string = checkLinearizable(jepsenModel, operations, options).kind;
      t.is(found, verdict);
    });
  }
} else {
  test.skip(`checkLinearizable() agrees with recorded etcd histories (not run: no ${verdictsFile})`, () => {});
}
