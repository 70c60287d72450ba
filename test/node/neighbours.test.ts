import test from 'ava';
import { startDiscovery } from '../../src/node/service/discovery.ts';
import { checkNeighbours } from '../../src/node/service/neighbours.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const OWN = { cluster: 'orders', prefix: 'synod' };

/** @returns how it ends beside proposers that say this of themselves. */
async function beside(...metadata: readonly Readonly<Record<string, string>>[]): Promise<void> {
  const broker = new MemoryBroker();
  for (const one of metadata) {
    const identity = { prefix: one.prefix ?? '', version: '0.0.0', metadata: one };
    startDiscovery(broker.transport(), identity, new ServiceStats());
  }
  await checkNeighbours(broker.transport(), OWN);
}

test('checkNeighbours() lets a proposer serve that is alone, or beside those of its cluster or of another prefix', async t => {
  await t.notThrowsAsync(beside());
  await t.notThrowsAsync(
    beside(OWN, OWN, { cluster: 'stock', prefix: 'stock' }, { cluster: 'of an earlier build' }),
  );
});

test('checkNeighbours() finds another cluster at the same subjects, and names both', async t => {
  await t.throwsAsync(beside({ cluster: 'other', prefix: 'stock' }, { cluster: 'stock', prefix: 'synod' }), {
    name: 'MisplacedError',
    message: /Cannot serve 'synod\.>' for the cluster 'orders': .* the cluster 'stock' does\. .*--prefix/,
  });
});
