// The subjects that proposers serve, as patterns. One for each kind and not one for all: hints, which they publish themselves
// for every change, would come back to them (`<prefix>.events.…`), and no pattern leaves something out.

import { SERVED_NAMES } from './request-codec.ts';
import { batchSubject } from './subjects.ts';

const KINDS = [...new Set(SERVED_NAMES.map(name => name.slice(0, name.indexOf('.'))))];
const OPERATIONS = [...new Set(SERVED_NAMES.map(name => name.slice(name.indexOf('.') + 1)))];

/** Where all comes that can be served. */
export function servedPatterns(prefix: string): readonly string[] {
  return [...KINDS.map(kind => `${prefix}.${kind}.>`), `${prefix}.admin.>`, batchSubject(prefix)];
}

/**
 * Where requests come whose kind or key was forgotten or mistyped, so that they are told what is wrong. Only a hint of a key that
 * begins like an operation (`events.read.…`) comes here as well.
 */
export function mistypedPatterns(prefix: string): readonly string[] {
  return [`${prefix}.*`, ...OPERATIONS.flatMap(name => [`${prefix}.*.${name}`, `${prefix}.*.${name}.>`])];
}
