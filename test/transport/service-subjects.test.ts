import test from 'ava';
import { SERVED_NAMES } from '../../src/transport/request-codec.ts';
import { mistypedPatterns, servedPatterns } from '../../src/transport/service-subjects.ts';
import { batchSubject, eventSubject, listSubject, requestSubject } from '../../src/transport/subjects.ts';
import { MemoryBroker } from './memory-transport.ts';

/** How often what is published on a subject arrives at one who listens to the patterns in one queue. */
async function arrivals(patterns: readonly string[], subject: string): Promise<number> {
  const transport = new MemoryBroker().transport();
  let count = 0;
  const onMessage = (): void => {
    count += 1;
  };
  for (const pattern of patterns) transport.subscribe(pattern, onMessage, { queue: 'q' });
  transport.publish(subject, new Uint8Array(0));
  await new Promise(setImmediate);
  return count;
}

const ALL = [...servedPatterns('synod'), ...mistypedPatterns('synod')];

test('servedPatterns() has all that is served, and takes it once beside what may be mistyped', async t => {
  const subjects = SERVED_NAMES.map(name => requestSubject('synod', name, 'orders.42'));
  for (const subject of [...subjects, listSubject('synod'), batchSubject('synod')]) {
    t.is(await arrivals(servedPatterns('synod'), subject), 1, subject);
    t.is(await arrivals(ALL, subject), 1, subject);
  }
});

test('mistypedPatterns() has requests whose kind, operation or key is none', async t => {
  const subjects = [
    'variabel.read.k',
    'song.set.a.b',
    'variable.raed.k',
    'variable.read',
    'variabel.read',
    'variable',
    'song',
  ];
  for (const subject of subjects) t.is(await arrivals(ALL, `synod.${subject}`), 1, subject);
});

test('no hint comes back to a proposer, but of keys that begin like an operation', async t => {
  for (const key of ['k', 'orders.42', 'a.read.b', 'variable', 'switch.x'])
    t.is(await arrivals(ALL, eventSubject('synod', key)), 0, key);
  t.is(await arrivals(ALL, eventSubject('synod', 'read.x')), 1);
});

test('no copy of a request comes to the queue, where it would be served by one more', async t => {
  for (const name of SERVED_NAMES) t.is(await arrivals(ALL, `synod.again.${name}.k`), 0, name);
});
