import test from 'ava';
import { flushed } from '../../src/node/process/flushed.ts';
import { TransportError } from '../../src/transport/transport.ts';

test('flushed() asks again when the connection is lost, and is true when a server has answered', async t => {
  let asked = 0;
  const flush = async (): Promise<void> => {
    asked += 1;
    if (asked < 3) throw new TransportError('lost');
  };
  t.true(await flushed({ flush }, () => false));
  t.is(asked, 3);
});

test('flushed() is false when it is over before', async t => {
  let asked = 0;
  const flush = async (): Promise<void> => {
    asked += 1;
    throw new TransportError('lost');
  };
  t.false(await flushed({ flush }, () => asked === 2));
});
