// Messages between this build and a release after it, which knows more kinds: what each of them makes of the other's.

import { join } from 'node:path';
import test from 'ava';
import type { Command } from '../../src/protocol/messages.ts';
import { decodeKeysPage } from '../../src/transport/keys-codec.ts';
import * as now from '../../src/transport/message-codec.ts';
import { withCopy } from '../durability/products.ts';
import type { Patch } from '../mutants/mutants.ts';
import { NEXT_RELEASE } from './next-release.ts';
import { bytesOf, CLUSTER, PROPOSER, REMAINS, WIRE_3 } from './recorded-messages.ts';

type Codec = Pick<typeof now, 'decodeCommands' | 'encodeCommands' | 'itemBytes'>;
type KeysCodec = Pick<typeof import('../../src/transport/keys-codec.ts'), 'encodeKeysPage'>;
type Packing = typeof import('../../src/transport/packing.ts');

const ballot = { counter: 6, proposer: PROPOSER };
const accepted = { counter: 2, proposer: 'p2' };
const SENT: readonly Command[] = [
  { kind: 'read', key: 'k.1', serial: 9 },
  { kind: 'collect', key: 'k.2', ballot, accepted, remains: bytesOf(REMAINS) },
  { kind: 'prepare', key: 'k.3', ballot },
];

const PAGE = {
  partition: 7,
  after: '',
  source: '',
  serial: 1,
  floor: ballot,
  holdings: [],
  isLast: true,
  end: 'k.9',
};

/** What becomes of each message: the kinds of its items, or why it is refused. */
interface Account {
  /** Of the next release's, in this build. */
  readonly here: readonly string[];
  /** Of the next release's, in itself. */
  readonly there: readonly string[];
  /** In the next release, of the oldest version and of one that it does not know either. */
  readonly oldest: string;
  readonly unknown: string;
  /** Of the next release's pages of keys, in this build: for a change of members, and for collecting. */
  readonly pages: readonly string[];
}

const RIGHT: Account = {
  here: ['read prepare', 'wire version 4, not 3'],
  there: ['read prepare', 'collect'],
  oldest: 'prepare accept read floor floor copy collect',
  unknown: 'wire version 5, not 3 to 4',
  pages: ['end k.9', 'wire version 4, not 3'],
};

async function accountOf(product: string): Promise<Account> {
  const next: Codec = await import(join(product, 'src/transport/message-codec.js'));
  const keys: KeysCodec = await import(join(product, 'src/transport/keys-codec.js'));
  const { packed }: Packing = await import(join(product, 'src/transport/packing.js'));
  const messages = [...packed(SENT, next.itemBytes)].map(items => {
    return next.encodeCommands(
      { ...CLUSTER, epoch: 1 },
      { sender: PROPOSER, recipient: '*', items, news: [] },
    );
  });
  return {
    here: messages.map(bytes => taken(now, bytes)),
    there: messages.map(bytes => taken(next, bytes)),
    oldest: taken(next, bytesOf(WIRE_3.commands)),
    unknown: taken(next, bytesOf(WIRE_3.commands.replace('9703', '9705'))),
    pages: [false, true].map(isOver => {
      const bytes = keys.encodeKeysPage({ ...CLUSTER, epoch: 1 }, 'a1', PROPOSER, { ...PAGE, isOver });
      const decoded = decodeKeysPage(CLUSTER, bytes);
      return decoded.kind === 'refused' ? decoded.why : `end ${decoded.envelope.page.end}`;
    }),
  };
}

function taken(codec: Codec, bytes: Uint8Array): string {
  const decoded = codec.decodeCommands(CLUSTER, bytes);
  return decoded.kind === 'refused' ? decoded.why : decoded.envelope.items.map(({ kind }) => kind).join(' ');
}

const CODEC = 'src/transport/envelope-codec.js';
const VERSIONS = 'src/transport/wire-version.js';
const MUTANTS: readonly (Patch & { readonly breaks: string; readonly wrong: keyof Account })[] = [
  {
    breaks: 'a newer kind is sent under the oldest version',
    file: CODEC,
    search: 'wireVersionOf(items),',
    replace: '3,',
    wrong: 'here',
  },
  {
    breaks: 'what everybody knows is sent under the newest version',
    file: CODEC,
    search: 'wireVersionOf(items),',
    replace: '4,',
    wrong: 'here',
  },
  {
    breaks: 'a newer kind travels with what everybody knows',
    file: 'src/transport/packing.js',
    search: 'of byWireVersion(items)',
    replace: 'of [items]',
    wrong: 'here',
  },
  {
    breaks: 'only the newest version is understood',
    file: VERSIONS,
    search: 'WIRE_VERSION_OLDEST <= version',
    replace: 'WIRE_VERSION <= version',
    wrong: 'oldest',
  },
  {
    breaks: 'a version that nobody knows is read',
    file: VERSIONS,
    search: '&& version <= WIRE_VERSION',
    replace: '',
    wrong: 'unknown',
  },
];

test('of what the next release sends this build misses the newer kinds alone, and the next release understands both', async t => {
  t.deepEqual(await withCopy('next-release', NEXT_RELEASE, accountOf), RIGHT);
});

for (const [number, { breaks, wrong, ...patch }] of MUTANTS.entries()) {
  test(`a mutant of the next release is caught (${breaks})`, async t => {
    const account = await withCopy(`next-release-${number}`, [...NEXT_RELEASE, patch], accountOf);
    t.log(account[wrong]);
    t.notDeepEqual(account[wrong], RIGHT[wrong]);
    t.true(account.there.join(' ').includes('collect'), 'It does not even run');
  });
}
