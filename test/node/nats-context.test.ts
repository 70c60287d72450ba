import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError } from '../../src/node/config/config-error.ts';
import { contextSettings } from '../../src/node/config/nats-context.ts';

/** As the nats command line writes them: every field is there. */
const EMPTY = {
  description: '',
  url: '',
  socks_proxy: '',
  token: '',
  user: '',
  password: '',
  creds: '',
  nkey: '',
  cert: '',
  key: '',
  ca: '',
  nsc: '',
  jetstream_domain: '',
  inbox_prefix: '',
  user_jwt: '',
  color_scheme: '',
  tls_first: false,
};

function contexts(t: ExecutionContext, files: Readonly<Record<string, string>>): { XDG_CONFIG_HOME: string } {
  const home = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const directory = join(home, 'nats', 'context');
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, `${name}.json`), text);
  return { XDG_CONFIG_HOME: home };
}

test('a context says how to reach NATS, and nothing that it leaves empty', t => {
  const given = {
    ...EMPTY,
    url: 'nats://n1:4222,nats://n2:4222',
    creds: '~/me.creds',
    inbox_prefix: '_INBOX_me',
  };
  const env = contexts(t, { live: JSON.stringify(given) });
  const settings = { nats: given.url, natsCreds: join(homedir(), 'me.creds'), inboxPrefix: '_INBOX_me' };
  t.deepEqual(contextSettings('live', env), settings);
  t.deepEqual(contextSettings(join(env.XDG_CONFIG_HOME, 'nats/context/live.json'), {}), settings);
});

test('a context that cannot be used is refused in a sentence', t => {
  const env = contexts(t, {
    other: JSON.stringify({ ...EMPTY, nsc: 'nsc://op/acc/user', tls_first: true }),
    torn: '{',
  });
  const why = (name: string): string | undefined =>
    t.throws(() => contextSettings(name, env), { instanceOf: ConfigError })?.message;
  t.regex(why('live') ?? '', /context 'live': there is no .*live\.json; there are other, torn\./);
  t.regex(why('other') ?? '', /it has nsc, tls_first, which Synod does not know/);
  t.regex(why('torn') ?? '', /context 'torn': .*torn\.json: /);
});
