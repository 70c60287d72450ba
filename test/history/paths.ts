// Where the data of these tests lies. The compiled tests run from dist/test/history; data is not copied there.

import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);

export const CASES = fileURLToPath(new URL('test/history/cases/', ROOT));

/** Not part of the project: recorded by Jepsen, kept beside it. */
export const JEPSEN_HISTORIES = fileURLToPath(new URL('../shared/histories/jepsen-etcd/', ROOT));
