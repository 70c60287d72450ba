// What any client may expect, as data, asked by small programs in other languages of a real cluster. A language that is
// not here is left out with the name of its Debian packages; C and Go are compiled by `npm run test:conformance` alone.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { TestCluster } from '../integration/local-cluster.ts';

const run = promisify(execFile);

const FOLDER = join(import.meta.dirname, '../../../test/conformance');
const CASES = readdirSync(FOLDER)
  .filter(name => name.endsWith('.json'))
  .map(name => join(FOLDER, name));
const COMPILES = process.env.SYNOD_TEST_LANGUAGES === 'all';

interface Language {
  readonly name: string;
  readonly packages: string;
  readonly isHere: boolean;
  readonly isCompiled: boolean;
  /** @returns the command that runs the program. @param directory for what is compiled */
  prepare(directory: string): Promise<readonly string[]>;
}

const program = (name: string): string => join(FOLDER, 'clients', name);

const LANGUAGES: readonly Language[] = [
  {
    name: 'Python',
    packages: 'python3',
    isHere: isOnPath('python3'),
    isCompiled: false,
    prepare: async () => ['python3', program('conformance.py')],
  },
  {
    name: 'C',
    packages: 'gcc libnats-dev libjansson-dev',
    isHere: isOnPath('gcc') && ['nats/nats.h', 'jansson.h'].every(isHeader),
    isCompiled: true,
    prepare: async directory => {
      const binary = join(directory, 'conformance-c');
      await run('gcc', ['-Wall', '-o', binary, program('conformance.c'), '-lnats', '-ljansson']);
      return [binary];
    },
  },
  {
    name: 'Go',
    packages: 'golang-go golang-github-nats-io-go-nats-dev',
    isHere: isOnPath('go') && existsSync('/usr/share/gocode/src/github.com/nats-io'),
    isCompiled: true,
    prepare: async directory => {
      const binary = join(directory, 'conformance-go');
      const env = {
        ...process.env,
        GO111MODULE: 'off',
        GOPATH: '/usr/share/gocode',
        GOCACHE: join(directory, 'cache'),
      };
      await run('go', ['build', '-o', binary, program('conformance.go')], { env });
      return [binary];
    },
  },
];

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, command)));
}

function isHeader(path: string): boolean {
  return (
    existsSync(join('/usr/include', path)) || existsSync(join('/usr/include', path.replace('nats/', '')))
  );
}

const cluster = new TestCluster();
const directory = mkdtempSync(join(tmpdir(), 'synod-conformance-'));
let url = '';
test.before(async () => {
  ({ url } = (await cluster.start()).nats);
});
test.after.always(async () => {
  await cluster.stop();
  for (const each of [cluster.directory, directory]) rmSync(each, { recursive: true, force: true });
});

for (const language of LANGUAGES) {
  test.serial(`conformance: a client in ${language.name} gets what the cases say`, async t => {
    if (!language.isHere) return leaveOut(t, `not here: apt-get install ${language.packages}`);
    if (language.isCompiled && !COMPILES) return leaveOut(t, 'compiled by npm run test:conformance');
    const [command = '', ...args] = await language.prepare(directory);
    const env = { ...process.env, NATS_URL: url };
    await t.notThrowsAsync(run(command, [...args, ...CASES], { env }));
    const wrong = join(directory, 'wrong.json');
    writeFileSync(wrong, JSON.stringify([{ subject: 'synod.switch.read.RUN.unset', reply: { set: true } }]));
    await t.throwsAsync(run(command, [...args, wrong], { env }), { code: 1 }, 'it sees what is wrong');
  });
}

function leaveOut(t: ExecutionContext, why: string): void {
  t.log(`left out: ${why}`);
  t.pass();
}
