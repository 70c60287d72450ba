// The floors of the house: imports go downwards only, and each library is behind one file or folder.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'ava';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'src');
const NODE = join(SOURCE, 'node');

/** What a folder of src may import beside itself. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  history: ['protocol'],
  storage: ['protocol'],
  transport: ['protocol'],
  actors: ['protocol', 'storage', 'transport'],
  client: ['protocol', 'transport'],
  node: ['protocol', 'storage', 'transport', 'actors'],
  embedded: ['protocol', 'transport', 'actors', 'client', 'node'],
  bench: ['protocol', 'transport', 'actors', 'client', 'node', 'embedded'],
  dashboard: ['protocol', 'transport', 'client', 'node'],
  cli: ['protocol', 'history', 'storage', 'transport', 'actors', 'client', 'node', 'bench', 'dashboard'],
};

/** The same of the folders of src/node. */
const BELOW_IN_NODE: Readonly<Record<string, readonly string[]>> = {
  process: [],
  config: ['process'],
  changes: ['process', 'config'],
  engine: ['process'],
  scan: ['process', 'engine'],
  service: ['process', 'engine', 'scan'],
  acceptor: ['process', 'config'],
  proposer: ['process', 'config', 'changes', 'engine', 'scan', 'service'],
  operator: ['process', 'config', 'engine', 'scan', 'service'],
  local: ['process', 'config'],
};

/** The one file that knows a library, or the folder whose files do. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  nats: /^transport\/nats-(transport|identity)\.ts$/,
  'nats.ws': /^transport\/ws-transport\.ts$/,
  msgpackr: /^transport\/msgpack\.ts$/,
  sqlite3: /^storage\/sqlite\.ts$/,
  zod: /^(node\/|embedded\/options\.ts$|history\/history\.ts$|bench\/(bench-config|nats-monitor)\.ts$)/,
  commander: /^cli\//,
  pino: /^node\/process\/log\.ts$/,
  'prom-client': /^node\/process\/metrics\.ts$/,
};

/** What would make the protocol impure. */
const IMPURE =
  /\b(Date\.now|new Date|Math\.random|performance\.|setTimeout|setImmediate|queueMicrotask|async |await )/;

const WALL_CLOCK = /\b(Date\.now|new Date)\b/;
/** What the wall clock tells: how time begins for a process, and to people when something was. */
const TIMED = ['actors/clock.ts', 'cli/bench.ts', 'node/operator/backup.ts', 'node/service/discovery.ts'];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => {
    const text = readFileSync(join(SOURCE, path), 'utf8');
    const imports = [...text.matchAll(/\bfrom '([^']+)'/g)].map(match => match[1] ?? '');
    return { path, text, imports };
  });

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

test('architecture: there are sources to look at', t => {
  t.true(files.length > 50);
  t.true(files.some(file => file.imports.length > 0));
});

/** Imports from a folder of `root` that one of its folders is not above of. */
function upwards(root: string, below: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const inRoot = (path: string): string => relative(root, join(SOURCE, path));
  return files.flatMap(({ path, imports }) => {
    const from = folderOf(inRoot(path));
    const allowed = below[from];
    if (allowed === undefined) return [];
    return imports
      .filter(name => name.startsWith('.'))
      .map(name => folderOf(inRoot(normalize(join(dirname(path), name)))))
      .filter(to => to !== from && to !== '..' && !allowed.includes(to))
      .map(to => `${path} imports from ${to}`);
  });
}

test('architecture: imports go downwards only', t => {
  t.deepEqual(upwards(SOURCE, BELOW), []);
  t.deepEqual(upwards(NODE, BELOW_IN_NODE), []);
});

test('architecture: every file of src/node is in one of its folders', t => {
  t.deepEqual(readdirSync(NODE).toSorted(), Object.keys(BELOW_IN_NODE).toSorted());
});

test('architecture: each library is behind one file or folder', t => {
  const strays = files.flatMap(({ path, imports }) =>
    imports
      .filter(name => LIBRARIES[name] !== undefined && !LIBRARIES[name].test(path))
      .map(name => `${path} imports ${name}`),
  );
  t.deepEqual(strays, []);
});

test('architecture: what runs in a browser needs nothing of Node', t => {
  const reached = new Set(['browser.ts']);
  for (const path of reached) {
    const { imports = [] } = files.find(file => file.path === path) ?? {};
    for (const name of imports.filter(name => name.startsWith('.')))
      reached.add(relative(SOURCE, normalize(join(SOURCE, dirname(path), name))));
  }
  t.true(reached.size > 20);
  const needing = files.filter(
    ({ path, imports }) => reached.has(path) && imports.some(name => name.startsWith('node:')),
  );
  t.deepEqual(
    needing.map(({ path }) => path),
    [],
  );
});

test('architecture: a jump of the wall clock can reach nothing but times for people', t => {
  const timed = files.filter(({ text }) => WALL_CLOCK.test(text)).map(({ path }) => path);
  t.deepEqual(timed.toSorted(), TIMED);
});

test('architecture: the protocol knows no clock, chance, promise, file or socket', t => {
  const impure = files
    .filter(({ path }) => folderOf(path) === 'protocol')
    .flatMap(({ path, text, imports }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      const outside = imports.filter(name => !name.startsWith('./'));
      return IMPURE.test(code) || outside.length > 0 ? [`${path}: ${outside.join(', ')}`] : [];
    });
  t.deepEqual(impure, []);
});
