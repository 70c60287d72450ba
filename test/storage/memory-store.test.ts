import { MemoryStore } from '../../src/storage/memory-store.ts';
import { printsContract, storeContract } from './store-contract.ts';

for (const contract of [storeContract, printsContract]) {
  contract('MemoryStore', async () => {
    const store = new MemoryStore();
    return async () => store;
  });
}
