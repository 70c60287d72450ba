// src/setup.mjs, run for real in a small project of its own where npm, tsc and apt-get are scripts that only
// write down that they were called. PATH leads nowhere else, so nothing can be installed by accident.

import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const SETUP = fileURLToPath(new URL('../../../src/setup.mjs', import.meta.url));

const TSC = `
const fs = require('node:fs');
fs.appendFileSync('calls', 'tsc\\n');
fs.mkdirSync('dist/src', { recursive: true });
fs.writeFileSync('dist/src/a.js', '');
fs.writeFileSync('dist/.tsbuildinfo', '');
`;

/** Installs a sqlite3 that loads and a tsc, unless the file `broken` says that it cannot. */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('calls', ['npm', ...process.argv.slice(2)].join(' ') + '\\n');
if (fs.existsSync('broken')) { console.log('gyp ERR! no compiler'); process.exit(1); }
fs.rmSync('node_modules', { recursive: true, force: true });
fs.mkdirSync('node_modules/sqlite3', { recursive: true });
fs.writeFileSync('node_modules/sqlite3/index.js', '');
fs.mkdirSync('node_modules/@typescript/native/bin', { recursive: true });
fs.writeFileSync('node_modules/@typescript/native/bin/tsc', ${JSON.stringify(TSC)});
`;

const APT = `
const fs = require('node:fs');
fs.appendFileSync('calls', ['apt-get', ...process.argv.slice(2)].join(' ') + '\\n');
fs.rmSync('broken', { force: true });
`;

class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'synod-setup-')));

  constructor() {
    this.write('package.json', '{"engines": {"node": ">=20.17"}}');
    this.write('package-lock.json', '{}');
    this.write('src/a.ts', '');
    copyFileSync(SETUP, this.path('src/setup.mjs'));
    this.program('npm', NPM);
    this.program('apt-get', APT);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  program(name: string, text: string): void {
    mkdirSync(this.path('bin'), { recursive: true });
    writeFileSync(this.path(`bin/${name}`), `#!${process.execPath}\n${text}`, { mode: 0o755 });
  }

  calls(): readonly string[] {
    const text = existsSync(this.path('calls')) ? readFileSync(this.path('calls'), 'utf8') : '';
    rmSync(this.path('calls'), { force: true });
    return text.split('\n').filter(line => line !== '');
  }

  setUp(): Promise<{ code: number | null; output: string }> {
    const env = { PATH: this.path('bin'), NATS_URL: 'nats://somewhere:4222' };
    const child = spawn(process.execPath, [this.path('src/setup.mjs')], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += chunk;
      });
    }
    return new Promise(resolve => {
      child.on('close', code => resolve({ code, output }));
    });
  }
}

const NPM_CI = 'npm ci --include=dev --no-audit --no-fund';

test('set-up installs and builds at first, and is silent the second time', async t => {
  const project = new Project();
  const first = await project.setUp();
  t.is(first.code, 0, first.output);
  t.regex(first.output, /^set-up: npm packages .*… \d+\.\d s\nset-up: build … \d+\.\d s\n$/);
  t.deepEqual(project.calls(), [NPM_CI, 'tsc']);
  t.deepEqual(await project.setUp(), { code: 0, output: '' });
  t.deepEqual(project.calls(), ['tsc']);
});

test('set-up installs again when the lock file has changed or the binding does not load', async t => {
  const project = new Project();
  await project.setUp();
  project.calls();
  project.write('package-lock.json', '{"changed": true}');
  await project.setUp();
  t.deepEqual(project.calls(), [NPM_CI, 'tsc']);
  project.write('node_modules/sqlite3/index.js', 'throw new Error("made for another machine")');
  await project.setUp();
  t.deepEqual(project.calls(), [NPM_CI, 'tsc']);
});

test('set-up removes outputs whose source has gone, and only those', async t => {
  const project = new Project();
  await project.setUp();
  for (const ending of ['.js', '.js.map', '.d.ts']) project.write(`dist/test/gone.test${ending}`, '');
  await project.setUp();
  t.false(existsSync(project.path('dist/test/gone.test.js')));
  t.false(existsSync(project.path('dist/test/gone.test.js.map')));
  t.false(existsSync(project.path('dist/test/gone.test.d.ts')));
  t.true(existsSync(project.path('dist/src/a.js')));
});

test('set-up builds from scratch when an output is missing', async t => {
  const project = new Project();
  await project.setUp();
  rmSync(project.path('dist/src/a.js'));
  const { output } = await project.setUp();
  t.regex(output, /^set-up: build … /);
  t.true(existsSync(project.path('dist/src/a.js')));
});

test('set-up tells the command that failed and what it said', async t => {
  const project = new Project();
  for (const tool of ['python3', 'make', 'g++']) project.program(tool, '');
  project.write('broken', '');
  const { code, output } = await project.setUp();
  t.is(code, 1);
  t.true(output.includes(`Cannot go on: \`${NPM_CI}\` ended with 1.\ngyp ERR! no compiler`), output);
  t.deepEqual(project.calls(), [NPM_CI]);
});

test('set-up gets a compiler where there is none, or says that one is missing', async t => {
  const project = new Project();
  project.write('broken', '');
  const { code, output } = await project.setUp();
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    t.is(code, 0, output);
    const install = 'apt-get install -y -qq --no-install-recommends python3 make g++';
    t.deepEqual(project.calls(), [NPM_CI, 'apt-get update -qq', install, NPM_CI, 'tsc']);
  } else {
    t.is(code, 1);
    t.regex(output, /python3, make, g\+\+ is missing/);
  }
});

test('set-up refuses a Node that is too old', async t => {
  const project = new Project();
  project.write('package.json', '{"engines": {"node": ">=99.1"}}');
  const { code, output } = await project.setUp();
  t.is(code, 1);
  t.is(output, `Cannot run on Node ${process.versions.node}: install Node 99.1 or newer.\n`);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('two set-ups at once install once', async t => {
  const project = new Project();
  const results = await Promise.all([project.setUp(), project.setUp()]);
  t.deepEqual(
    results.map(({ code }) => code),
    [0, 0],
  );
  t.deepEqual(project.calls(), [NPM_CI, 'tsc', 'tsc']);
});
