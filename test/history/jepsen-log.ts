// Reads the histories that Jepsen recorded from etcd. Only tests need them.

import { type Operation, pairOperations, type Step } from '../../src/history/operations.ts';
import type { JepsenCall, JepsenOutcome } from '../../src/history/register-models.ts';

const LINE = /^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$/;
const PAIR = /^\[(\d+) (\d+)\]$/;

export function parseJepsenLog(text: string): Operation<JepsenCall, JepsenOutcome>[] {
  const lines = text.split('\n').filter(line => line.trim() !== '');
  return pairOperations(lines.map(parseLine));
}

function parseLine(line: string): Step<JepsenCall, JepsenOutcome> {
  const [, process, type, what, rest] = LINE.exec(line) ?? [];
  if (process === undefined || what === undefined || rest === undefined)
    throw new Error(`Not an event: ${line}`);
  const step = { process: Number(process), key: 'register', what };
  if (type === 'invoke') return { ...step, kind: 'invoked', call: parseCall(what, rest) };
  if (type === 'info') return { ...step, kind: 'completed', outcome: 'unknown' };
  if (type === 'fail') return { ...step, kind: 'completed', outcome: { kind: 'fail' } };
  const value = what === 'read' ? parseValue(rest) : null;
  return { ...step, kind: 'completed', outcome: { kind: 'ok', value } };
}

function parseCall(what: string, rest: string): JepsenCall {
  if (what === 'read') return { operation: 'read' };
  if (what === 'write') return { operation: 'write', value: Number(rest) };
  const [, expect, value] = PAIR.exec(rest) ?? [];
  if (expect === undefined || value === undefined) throw new Error(`Not the arguments of a cas: ${rest}`);
  return { operation: 'cas', expect: Number(expect), value: Number(value) };
}

function parseValue(text: string): number | null {
  return text === 'nil' ? null : Number(text);
}
