// Makes a fresh checkout ready to run: npm packages, SQLite's native binding, the build, nats-server.
// `npm start` and `npm test` run this first, so it is plain JavaScript, needs nothing installed, and is quick
// and quiet when all is there. It never goes around a refusal: it asks apt only as root on Debian or Ubuntu.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = join(ROOT, 'node_modules', '.synod-stamp');
const BUILD_TOOLS = ['python3', 'make', 'g++'];
/** Debian puts servers where only root's PATH leads. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const HEAD_LINES = 8;
const TAIL_LINES = 25;
const OUTPUT_CHARACTERS_MAX = 4_000_000;
const LOCK_WAIT_MS = 15 * 60_000;

/** A failure to tell in a sentence, without a stack. */
class SetupError extends Error {}

const say = text => process.stderr.write(text);

/** Prints one line about one piece of work, with the seconds it took. */
async function step(title, work) {
  const startMs = performance.now();
  say(`set-up: ${title} … `);
  try {
    const result = await work();
    say(`${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    say('failed\n');
    throw error;
  }
}

/** npm says first what is wrong, a compiler says it last. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n');
  return [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES)].join('\n');
}

/** Runs a command in the project's folder, keeping its output for the case that it fails. */
function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = chunk => {
      if (output.length < OUTPUT_CHARACTERS_MAX) output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const fail = why => {
      reject(new SetupError(`Cannot go on: \`${[command, ...args].join(' ')}\` ${why}.\n${excerpt(output)}`));
    };
    child.on('error', error => fail(`did not start (${error.message})`));
    child.on('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? code}`)));
  });
}

function findCommand(name, folders = []) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...folders]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder: the next one is tried.
    }
  }
  return undefined;
}

const aptAllowed = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], env);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const [, major, minor] = /(\d+)\.(\d+)/.exec(engines.node).map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  throw new SetupError(
    `Cannot run on Node ${process.versions.node}: install Node ${major}.${minor} or newer.`,
  );
}

/** What node_modules was installed from and for: another lock file, Node or machine needs another install. */
function wantedStamp() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return `${lock} node-${process.versions.node.split('.')[0]} ${process.platform}-${process.arch}\n`;
}

const stampIs = wanted => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted;

/** In a process of its own, since a binding made for another machine can end the process that loads it. */
function bindingLoads() {
  return spawnSync(process.execPath, ['-e', 'require("sqlite3")'], { cwd: ROOT }).status === 0;
}

async function npmCi() {
  // NODE_ENV=production would leave out the compiler and the test runner.
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (bindingLoads()) return;
  throw new SetupError(
    'Cannot load the SQLite binding after `npm ci`: run `node -e \'require("sqlite3")\'` to see why, and look ' +
      'whether `npm config get ignore-scripts` is true.',
  );
}

/** Where no prebuilt binding can be fetched, npm compiles it, and a bare machine has no compiler. */
async function installWithTools(failure) {
  const missing = BUILD_TOOLS.filter(tool => findCommand(tool) === undefined);
  if (missing.length === 0) throw failure;
  if (!aptAllowed()) {
    throw new SetupError(
      `${failure.message}\nPerhaps compiling failed: ${missing.join(', ')} is missing. Install it and start again.`,
    );
  }
  await step(`installing ${missing.join(', ')} to compile SQLite`, () => aptInstall(BUILD_TOOLS));
  await step('npm packages, once more', npmCi);
}

async function installPackages() {
  const wanted = wantedStamp();
  if (stampIs(wanted) && bindingLoads()) return;
  rmSync(STAMP, { force: true });
  try {
    await step('npm packages (two minutes where SQLite is compiled)', npmCi);
  } catch (failure) {
    await installWithTools(failure);
  }
  writeFileSync(STAMP, wanted);
}

const filesUnder = folder =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    : [];

/** Outputs whose source has gone would still be run as tests; a missing one would not be written again. */
function tidyBuild() {
  const dist = join(ROOT, 'dist');
  const outputs = new Set(['src', 'test'].flatMap(folder => filesUnder(join(dist, folder))));
  for (const output of outputs) {
    const source = output.replace(dist, ROOT).replace(/(\.js|\.js\.map|\.d\.ts)$/, '.ts');
    if (!existsSync(source)) rmSync(output);
  }
  const sources = ['src', 'test'].flatMap(folder => filesUnder(join(ROOT, folder)));
  const complete = sources
    .filter(source => source.endsWith('.ts') && !source.endsWith('.d.ts'))
    .every(source => outputs.has(join(dist, source.slice(ROOT.length)).replace(/\.ts$/, '.js')));
  if (!complete) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  return complete;
}

async function build() {
  const compile = () =>
    run(process.execPath, [join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc')]);
  // Incremental and under a second, so it is not worth finding out first whether it is needed.
  if (tidyBuild()) await compile();
  else await step('build', compile);
}

async function findNatsServer() {
  if (process.env.NATS_URL) return;
  if (findCommand('nats-server', SERVER_FOLDERS) !== undefined) return;
  if (!aptAllowed()) {
    throw new SetupError(
      'Cannot find nats-server: install it (https://docs.nats.io/running-a-nats-service/introduction/installation, ' +
        'on Debian `sudo apt-get install nats-server`) or set NATS_URL to a server that runs.',
    );
  }
  await step('installing nats-server', async () => {
    await aptInstall(['nats-server']);
    // Under systemd the package starts a service of its own, which would hold the port that `synod up` wants.
    if (existsSync('/run/systemd/system')) await run('systemctl', ['disable', '--now', 'nats-server']);
  });
}

/** The kernel gives the name to one process and takes it back when that ends, however it ends. */
function listenOnce(name) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', error => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}

/** One set-up of a folder at a time. Only Linux has names that free themselves; elsewhere nothing is locked. */
async function lockFolder() {
  if (process.platform !== 'linux') return { close() {} };
  const name = `\0synod-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 32)}`;
  let waiting = false;
  for (const endMs = performance.now() + LOCK_WAIT_MS; performance.now() < endMs; await sleep(200)) {
    const lock = await listenOnce(name);
    if (lock !== undefined) return lock;
    if (!waiting) say(`set-up: waiting for another set-up of ${ROOT}\n`);
    waiting = true;
  }
  throw new SetupError(
    `Cannot set up ${ROOT}: another set-up has been running there for 15 minutes; stop it.`,
  );
}

async function main() {
  checkNode();
  const lock = await lockFolder();
  try {
    await installPackages();
    await build();
    await findNatsServer();
  } finally {
    lock.close();
  }
}

try {
  await main();
} catch (error) {
  say(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
