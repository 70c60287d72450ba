// Explores scopes to exhaustion and tells how it goes: the large ones, or those whose names hold an argument.
//   node --max-old-space-size=8000 dist/test/exploration/main.js [part of a name]... | --help

import { EXPLORE_ALL, explore } from './explorer.ts';
import { LARGE_MEMBER_SCOPES, SMALL_MEMBER_SCOPES } from './member-scopes.ts';
import { LARGE_MOVE_SCOPES, SMALL_MOVE_SCOPES } from './move-scopes.ts';
import { RULES, type Scope } from './scope.ts';
import { LARGE_SCOPES, SMALL_SCOPES } from './scopes.ts';

const USAGE = `Usage: node --max-old-space-size=8000 dist/test/exploration/main.js [part of a name]... | --help
Explores every state of the large scopes, or of those whose names hold one of the parts.
It ends with 1 when a rule is broken, after the shortest story of how it came to that.`;
const SMALL = [...SMALL_SCOPES, ...SMALL_MEMBER_SCOPES, ...SMALL_MOVE_SCOPES];
const LARGE = [...LARGE_SCOPES, ...LARGE_MEMBER_SCOPES, ...LARGE_MOVE_SCOPES];
const parts = process.argv.slice(2);
if (parts.includes('--help')) {
  console.log(USAGE);
  console.log(`\nLarge:\n${named(LARGE)}\nSmall, as in npm test:\n${named(SMALL)}`);
  process.exit();
}
const isWanted = ({ name }: Scope) => parts.some(part => name.includes(part));
const wanted = parts.length === 0 ? LARGE : [...SMALL, ...LARGE].filter(isWanted);
if (wanted.length === 0) {
  console.error(`No scope has '${parts.join("' or '")}' in its name; --help names all`);
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

function named(scopes: readonly Scope[]): string {
  return scopes.map(({ name }) => `  ${name}`).join('\n');
}
