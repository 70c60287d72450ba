// Registers as lines of JSON, for people and other programs: what clients see of them and no more.

import { z } from 'zod';
import type { RegisterState } from '../../protocol/state.ts';

const lineShape = z.object({
  key: z.string(),
  kind: z.enum(['switch', 'register', 'variable']),
  /** Everything but a switch has one. */
  value: z.json().optional(),
});

export type RegisterLine = z.infer<typeof lineShape>;

export function registerLine(key: string, { kind, value, version }: RegisterState): string {
  return `${JSON.stringify({ key, kind, value, version })}\n`;
}

/** @throws Error whose message follows the name of the line */
export function registerLineOf(text: string): RegisterLine {
  const line = lineShape.safeParse(parsed(text));
  if (!line.success) throw new Error('needs "key", "kind" and, but for a switch, "value"');
  const { kind, value } = line.data;
  if ((value === undefined) !== (kind === 'switch'))
    throw new Error(`has a ${kind}, which has ${kind === 'switch' ? 'no' : 'a'} "value"`);
  return line.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('is no JSON', { cause });
  }
}
