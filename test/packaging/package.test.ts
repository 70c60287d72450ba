// The package in a project that has nothing else of this one. `npm test` unpacks it beside the libraries that are here;
// `npm run test:package` installs it into an empty folder, with the network, and runs a cluster from there as well.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Consumer } from './consumer.ts';

const IS_INSTALLED = process.env.SYNOD_TEST_INSTALL === '1';
const consumer = new Consumer();
let archive = '';
let paths: readonly string[] = [];

test.before(async () => {
  // What is built already will do, and it is in use by other tests.
  ({ archive, paths } = await consumer.pack(...(IS_INSTALLED ? [] : ['--ignore-scripts'])));
  await (IS_INSTALLED ? consumer.install(archive) : consumer.unpack(archive));
});
test.after.always(() => consumer.remove());

test('the package has what runs, its types, examples and documents, and nothing else', t => {
  const others = paths.filter(
    path =>
      !/^(dist\/src\/.+\.(js|d\.ts)|src\/dashboard\/page\/.+|config\/.+\.(json|conf|sh)|docs\/.+\.(md|svg|png|html)|docs\/examples\/.+\.js|[^/]+)$/.test(
        path,
      ) && path !== 'src/protocol/README.md',
  );
  t.deepEqual(others, []);
  t.true(paths.includes('dist/src/cli/main.js'));
  const roots = paths.filter(path => !path.includes('/')).toSorted();
  t.deepEqual(roots, ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
});

test('its program tells its version and its commands', async t => {
  const file = readFileSync(join(consumer.directory, 'node_modules/synod/package.json'), 'utf8');
  t.like(await consumer.synod('--version'), { code: 0, out: `${JSON.parse(file).version}\n`, err: '' });
  const help = await consumer.synod('--help');
  t.is(help.code, 0);
  t.regex(help.out, /synod up {2,}a whole cluster/);
});

test('its client is imported by a plain module', async t => {
  consumer.write(
    'client.mjs',
    `import { connect, defineChange, RefusedError, UnavailableError } from 'synod';
for (const proposer of [undefined, 'embedded']) {
  const options = { servers: 'nats://127.0.0.1:1', connectTimeoutMs: 100, proposer, cluster: 'synod', acceptors: ['a1'] };
  await connect(options).catch(error => {
    console.log(error instanceof UnavailableError, error.code);
  });
}
console.log(typeof defineChange, typeof RefusedError);`,
  );
  t.deepEqual(await consumer.run(process.execPath, ['client.mjs']), {
    code: 0,
    out: 'true no_server\ntrue no_server\nfunction function\n',
    err: '',
  });
  consumer.write(
    'browser.mjs',
    `import { connect, UnavailableError } from 'synod/browser';
const connecting = connect({ servers: 'ws://127.0.0.1:1', connectTimeoutMs: 100 });
await connecting.catch(error => console.log(error instanceof UnavailableError, error.code));`,
  );
  t.like(await consumer.run(process.execPath, ['browser.mjs']), { code: 0, out: 'true no_server\n' });
  consumer.write('inside.mjs', `import 'synod/dist/src/node/config.js';`);
  t.regex((await consumer.run(process.execPath, ['inside.mjs'])).err, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
});

test('a program is checked against its types', async t => {
  consumer.write(
    'program.ts',
    `import { type Client, connect, RefusedError } from 'synod';
import { connect as connectPage } from 'synod/browser';
const synod: Client = await connect({ servers: 'nats://127.0.0.1:4222' });
const visits = synod.variable<number>('visits');
const { value, version } = await visits.change('add', [1]);
console.log((value ?? 0) + version);
await synod.register<string>('leader').write('me').catch((error: unknown) => {
  if (error instanceof RefusedError) console.log(error.state.value, error.code);
});
const lease = await synod.lock('reports').acquire();
lease.signal.addEventListener('abort', () => console.log(lease.token));
for await (const { key, state } of synod.watch('orders.>')) console.log(key, state.version);
await visits.write('text');
const page: Client = await connectPage({ servers: 'wss://n1', creds: 'text' });
await page.close();`,
  );
  consumer.write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        lib: ['es2023', 'dom'],
        types: [],
        skipLibCheck: false,
      },
      files: ['program.ts'],
    }),
  );
  const { out } = await consumer.tsc();
  t.deepEqual(out.split('\n'), [
    "program.ts(13,20): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    '',
  ]);
});

test('without the binding of SQLite the program says what is missing, and only where it needs it', async t => {
  const bare = new Consumer();
  t.teardown(() => bare.remove());
  await bare.unpack(archive, ['sqlite3']);
  const config = ['--id', 'a1', '--acceptors', 'a1', '--data', 'a1', '--nats', 'nats://127.0.0.1:1'];
  const acceptor = await bare.synod('acceptor', ...config);
  t.is(acceptor.code, 1);
  t.regex(
    acceptor.err,
    /Cannot open 'a1\/acceptor\.db': the package sqlite3 cannot be loaded.*npm rebuild sqlite3/s,
  );
  t.is((await bare.synod('get', '--help')).code, 0);
});

(IS_INSTALLED ? test : test.skip)('a cluster runs from it by npx', async t => {
  const options = { cwd: consumer.directory, detached: true };
  const cluster = spawn('npx', ['--no', 'synod', 'up', '--nats-port', '0'], options);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    cluster.stdout.on('data', chunk => {
      said += chunk;
      if (said.includes('Synod is up')) resolve();
    });
    cluster.once('exit', code => reject(new Error(`synod up ended with ${code}: ${said}`)));
  });
  const { nats } = JSON.parse(readFileSync(join(consumer.directory, '.synod/cluster.json'), 'utf8'));
  const at = ['--server', nats.url];
  t.like(await consumer.run('npx', ['--no', 'synod', 'put', 'hello', 'world', ...at]), {
    out: 'version 1\n',
  });
  t.like(await consumer.run('npx', ['--no', 'synod', 'get', 'hello', ...at]), { out: 'world\n' });
  const ended = once(cluster, 'exit');
  // As Ctrl-C does it, to all of them: npx does not pass it on.
  if (cluster.pid !== undefined) process.kill(-cluster.pid, 'SIGINT');
  await ended;
});
