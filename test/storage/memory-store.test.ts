import { MemoryStore } from '../../src/storage/memory-store.ts';
import { storeContract } from './store-contract.ts';

storeContract('MemoryStore', async () => {
  const store = new MemoryStore();
  return async () => store;
});
