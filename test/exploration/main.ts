// Explores scopes to exhaustion and tells how it goes: the large ones, or those whose names hold an argument.
//   node --max-old-space-size=8000 dist/test/exploration/main.js [part of a name]...

import { EXPLORE_ALL, explore } from './explorer.ts';
import { RULES, type Scope } from './scope.ts';
import { LARGE_SCOPES, SMALL_SCOPES } from './scopes.ts';

const parts = process.argv.slice(2);
const isWanted = ({ name }: Scope) => parts.some(part => name.includes(part));
const wanted = parts.length === 0 ? LARGE_SCOPES : [...SMALL_SCOPES, ...LARGE_SCOPES].filter(isWanted);
if (wanted.length === 0) {
  console.error(`No scope has '${parts.join("' or '")}' in its name`);
  process.exitCode = 1;
}

for (const scope of wanted) {
  console.log(`${scope.name}:`);
  const startMs = performance.now();
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(1);
  const result = explore(scope, RULES, {
    ...EXPLORE_ALL,
    onProgress: (states, waiting) => {
      if (waiting !== states)
        console.log(`  ${states} states, ${waiting} of them not expanded, ${seconds()} s`);
    },
  });
  const { states, steps, recordings, broken, story } = result;
  console.log(
    `  ${result.kind}: ${states} states, ${steps} steps, ${recordings.length} recordings, ${seconds()} s`,
  );
  if (broken === undefined) continue;
  console.log(`  ${broken.message}, after\n    ${story.join('\n    ')}`);
  process.exitCode = 1;
}
