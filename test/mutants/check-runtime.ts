// Runs inside a copy, as a process of its own: which duties of the runtime are not fulfilled there.

import { RUNTIME_DUTIES } from '../actors/runtime-duties.ts';

const broken: string[] = [];
for (const { title, check } of RUNTIME_DUTIES) {
  await check().catch((error: unknown) => broken.push(`${title}: ${String(error)}`));
}
console.log(JSON.stringify({ broken }));
