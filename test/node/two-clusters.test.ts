// Two clusters of one name that meet (S6): each goes on with what is its own, whichever epoch the other is in.

import test from 'ava';
import { soleFounder } from '../../src/node/process/sole-founder.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { MemoryCluster, stopAcceptors } from '../embedded/memory-cluster.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

/** Two networks that can become one. */
class Bridge {
  readonly #brokers = [new MemoryBroker(), new MemoryBroker()];
  isOpen = false;

  /** Of a network: what is published there is heard on the other one as well, once the bridge is open. */
  side(own: 0 | 1): Pick<MemoryBroker, 'transport'> {
    return { transport: () => this.#transport(own) };
  }

  #transport(own: 0 | 1): Transport {
    const [near, far] = [own, 1 - own].map(side => this.#brokers[side]?.transport());
    if (near === undefined || far === undefined) throw new RangeError(`There is no side ${own}`);
    return {
      isConnected: true,
      publish: (...message) => {
        near.publish(...message);
        if (this.isOpen) far.publish(...message);
      },
      publishToEach: (...messages) => {
        near.publishToEach(...messages);
        if (this.isOpen) far.publishToEach(...messages);
      },
      subscribe: near.subscribe,
      flush: near.flush,
      close: near.close,
    };
  }
}

const EPOCHS = [1, 7];

test.after.always(stopAcceptors);

for (const epoch of EPOCHS) {
  test(`clusters whose networks become one go on apart, where the other one is in epoch ${epoch}`, async t => {
    const bridge = new Bridge();
    const one = await MemoryCluster.start(3, { name: 'one-', broker: bridge.side(0) });
    const other = await MemoryCluster.start(3, { name: 'other-', broker: bridge.side(1), epoch });
    const clients = [one.embedded(), other.embedded()];
    for (const [i, client] of clients.entries()) await client.variable('before').write(i);
    bridge.isOpen = true;
    for (const [i, client] of clients.entries()) {
      await client.variable('before').change('add', [10]);
      await client.variable(`after.${i}`).write(i);
    }
    for (const [i, client] of clients.entries()) {
      t.is((await client.variable('before').read()).value, 10 + i);
      t.true((await client.variable(`after.${i}`).read()).set);
      t.false((await client.variable(`after.${1 - i}`).read()).set);
      await client.close();
    }
    t.deepEqual(
      [...one.acceptors.values()].map(({ standing }) => standing.epoch),
      [1, 1, 1],
    );
    t.deepEqual(
      [...other.acceptors.values()].map(({ standing }) => standing.epoch),
      [epoch, epoch, epoch],
    );
    t.deepEqual([...one.failures, ...other.failures], []);
    await t.throwsAsync(soleFounder(bridge.side(0).transport(), 'test'), {
      name: 'MisplacedError',
      message: /two clusters of this name vote on this NATS.*one-store-of-a1 and other-store-of-a1/,
    });
  });

  test(`acceptors that are all started with the NATS of another cluster, in epoch ${epoch}, do not vote there, and that one goes on`, async t => {
    const broker = new MemoryBroker();
    const home = await MemoryCluster.start(3, { name: 'home-', broker });
    t.is(await soleFounder(broker.transport(), 'test'), 'home-store-of-a1');
    const client = home.embedded();
    await client.variable('k').write(1);
    const lost = new MemoryCluster({ name: 'lost-', broker, epoch });
    void lost.startAll();
    while (lost.failures.length < 3) {
      await client.variable('k').change('add', [1]);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    t.true(lost.failures.every(error => error instanceof Error && error.name === 'MisplacedError'));
    t.deepEqual(home.failures, []);
    t.true((await client.variable('k').read()).set);
    for (const store of lost.stores.values())
      t.false(store.mayHave('k'), 'what the others were asked is not taken');
    await client.close();
  });
}

test('soleFounder() does not wait for those who are not there yet', async t => {
  t.is(await soleFounder(new MemoryBroker().transport(), 'test'), undefined);
});
