// The version of this package, from the one place that says it.

import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Seen from dist/src/node/process, where the compiled file lies. */
const PACKAGE_FILE = new URL('../../../../package.json', import.meta.url);

export function packageVersion(): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(PACKAGE_FILE, 'utf8'))).version;
}
