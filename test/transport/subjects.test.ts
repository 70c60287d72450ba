import test from 'ava';
import fc from 'fast-check';
import {
  eventSubject,
  INTERNAL_PREFIX,
  internalSubjects,
  isAnswerable,
  isEventSubject,
  isOperatorInbox,
  KEY_BYTES_MAX,
  KEY_TERMS_MAX,
  keyProblem,
  parseRequestSubject,
  requestSubject,
} from '../../src/transport/subjects.ts';
import { randomRuns } from '../history/random-runs.ts';

for (const key of [
  'a',
  'orders.42',
  'A-Z_0/9=',
  'x'.repeat(KEY_BYTES_MAX),
  Array(KEY_TERMS_MAX).fill('t').join('.'),
]) {
  test(`keyProblem() has none with '${key.slice(0, 40)}' of ${key.length} characters`, t => {
    t.is(keyProblem(key), undefined);
  });
}

const BAD_KEYS: readonly (readonly [string, RegExp])[] = [
  ['', /is empty/],
  ['.', /must be terms/],
  ['a.', /must be terms/],
  ['.a', /must be terms/],
  ['a..b', /must be terms/],
  ['a b', /must be terms/],
  ['a*', /must be terms/],
  ['>', /must be terms/],
  ['a.>', /must be terms/],
  ['ä', /must be terms/],
  ['a\n', /must be terms/],
  ['a\r\nPUB x', /must be terms/],
  ['a\0', /must be terms/],
  ['a$b', /must be terms/],
  ['x'.repeat(KEY_BYTES_MAX + 1), /has 256 characters, more than 255/],
  [
    Array(KEY_TERMS_MAX + 1)
      .fill('t')
      .join('.'),
    /has 17 terms, more than 16/,
  ],
];

for (const [key, why] of BAD_KEYS) {
  test(`keyProblem() says what is wrong with ${JSON.stringify(key.slice(0, 40))} of ${key.length} characters`, t => {
    t.regex(keyProblem(key) ?? '', why);
  });
}

test('keyProblem() has none with exactly the keys of the NATS key-value grammar', t => {
  const texts = fc.string({ unit: fc.constantFrom(...'ab_/=-.09AZ *>$é\n'), maxLength: 12 });
  const property = fc.property(texts, key => {
    const terms = key.split('.');
    const isGood = terms.every(
      term => term !== '' && [...term].every(letter => /[A-Za-z0-9_/=-]/.test(letter)),
    );
    return (keyProblem(key) === undefined) === isGood;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});

test('parseRequestSubject() takes apart what requestSubject() made, under any prefix', t => {
  for (const prefix of ['synod', 'eu.west.synod']) {
    t.deepEqual(parseRequestSubject(prefix, requestSubject(prefix, 'variable.cas', 'orders.42')), {
      kind: 'variable',
      operation: 'cas',
      key: 'orders.42',
    });
  }
});

test('parseRequestSubject() leaves missing parts empty', t => {
  t.deepEqual(parseRequestSubject('synod', 'synod'), { kind: '', operation: '', key: '' });
  t.deepEqual(parseRequestSubject('synod', 'synod.variable'), { kind: 'variable', operation: '', key: '' });
  t.deepEqual(parseRequestSubject('synod', 'synod.variable.read'), {
    kind: 'variable',
    operation: 'read',
    key: '',
  });
  t.deepEqual(parseRequestSubject('synod', 'synod.variable.read.'), {
    kind: 'variable',
    operation: 'read',
    key: '',
  });
});

test('isEventSubject() knows what eventSubject() made, and no request', t => {
  t.true(isEventSubject('synod', eventSubject('synod', 'orders.42')));
  t.false(isEventSubject('synod', 'synod.variable.read.events.42'));
  t.false(isEventSubject('synod', 'synod.eventsx.42'));
});

test('internalSubjects() are outside of what clients are granted, whatever the cluster', t => {
  const { acceptors, acceptor, proposer, ping, listing, presence, passes } = internalSubjects('orders');
  for (const subject of [
    acceptors,
    acceptor('a'),
    proposer('p1-00'),
    ping('a'),
    listing('a'),
    presence,
    passes('p1-00'),
  ]) {
    t.true(subject.startsWith(`${INTERNAL_PREFIX}.orders.`));
    t.false(subject.startsWith('synod.'));
  }
});

test('internalSubjects() are different for everyone', t => {
  const { acceptors, acceptor, proposer, ping, listing, presence, passes } = internalSubjects('orders');
  const all = [
    acceptors,
    acceptor('a'),
    acceptor('b'),
    proposer('a'),
    ping('a'),
    listing('a'),
    presence,
    passes('a'),
    internalSubjects('other').acceptor('a'),
  ];
  t.is(new Set(all).size, all.length);
});

test('isOperatorInbox() takes where operators of the same group listen, and nothing else', t => {
  const { operator, operators, ping, status } = internalSubjects('orders');
  t.true(isOperatorInbox('orders', operator('00ff')));
  const others = ['orders/east', 'other'].map(cluster => internalSubjects(cluster).operator('00ff'));
  for (const reply of ['', operators, ping('a1'), status, '_INBOX.abc.1', `x.${operator('00ff')}`, ...others])
    t.false(isOperatorInbox('orders', reply), reply);
});

for (const reply of ['_INBOX.abc.1', 'answers.to.me', 'synodal.1', 'my.synod.1']) {
  test(`isAnswerable() takes the reply subject '${reply}'`, t => {
    t.true(isAnswerable('synod', reply));
  });
}

const FORBIDDEN = [
  'synod.variable.write.k',
  'synod',
  'synod-internal.orders.acceptors',
  '$SYS.REQ.SERVER.PING',
  '$JS.API.INFO',
  '$SRV.PING',
  'a.*',
  'a.>',
  'a b',
];

for (const reply of FORBIDDEN) {
  test(`isAnswerable() refuses the reply subject '${reply}'`, t => {
    t.false(isAnswerable('synod', reply));
  });
}

test('isAnswerable() refuses the service under a prefix of several terms', t => {
  t.false(isAnswerable('eu.synod', 'eu.synod.variable.write.k'));
  t.true(isAnswerable('eu.synod', '_INBOX.1'));
});
