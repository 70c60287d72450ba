// Files that say who we are: what cannot be used is told at once, not tried for ever.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { checkIdentity, identityOptions, newNkey } from '../../src/transport/nats-identity.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { TransportError } from '../../src/transport/transport.ts';

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'synod-identity-')), 'file');
  writeFileSync(path, text);
  return path;
}

test('newNkey() makes a seed that checkIdentity() takes, and a user for it', t => {
  const { seed, publicKey } = newNkey();
  t.regex(seed, /^SU[A-Z2-7]{56}$/);
  t.regex(publicKey, /^U[A-Z2-7]{55}$/);
  t.notThrows(() => checkIdentity({ nkeyFile: fileWith(`${seed}\n`) }));
  t.not(newNkey().seed, seed);
});

const BAD: readonly (readonly ['nkeyFile' | 'credsFile' | 'caFile' | 'certFile', string, RegExp])[] = [
  ['nkeyFile', '', /it must be an nkey seed of a user/],
  ['nkeyFile', newNkey().publicKey, /it must be an nkey seed of a user/],
  ['nkeyFile', newNkey().seed.slice(0, -1), /it must be an nkey seed of a user/],
  ['credsFile', 'no creds', /it must be NATS credentials/],
  ['caFile', '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n', /it must be certificates in PEM/],
  ['certFile', 'no pem', /it must be a certificate in PEM that belongs to the key in/],
];

for (const [kind, text, why] of BAD) {
  test(`connectNats() refuses a ${kind} of '${text.slice(0, 12)}' at once, by its name`, async t => {
    const file = fileWith(text);
    const tls = kind === 'certFile' ? { certFile: file, keyFile: file } : { [kind]: file };
    const identity = kind === 'nkeyFile' || kind === 'credsFile' ? { [kind]: file } : { tls };
    const connecting = connectNats({ servers: ['nats://127.0.0.1:1'], name: 'test', ...identity });
    const error = await t.throwsAsync(connecting, { instanceOf: TransportError });
    t.true(error?.message.startsWith(`Cannot use ${file}: `), error?.message);
    t.regex(error?.message ?? '', why);
    t.false(error?.message.includes(readFileSync(file, 'utf8') || 'nothing'), 'a secret is told');
  });
}

test('identityOptions() insists on TLS where the URL does', t => {
  t.deepEqual(identityOptions({}, 'tls://n1:4222').tls, {});
  t.is(identityOptions({}, 'nats://n1:4222').tls, undefined);
});
