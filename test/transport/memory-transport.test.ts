import test from 'ava';
import { MemoryBroker } from './memory-transport.ts';
import { transportContract } from './transport-contract.ts';

transportContract(test, 'MemoryBroker', async () => {
  const broker = new MemoryBroker();
  return [broker.transport(), broker.transport()];
});
