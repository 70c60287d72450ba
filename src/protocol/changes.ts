// Named changes: pure functions from a variable's value to its next value, for `variable.change`.
// The built-in ones are here; a proposer may be given more by configuration (node/changes/change-modules.ts).

import { type Change, ChangeRejected, type ChangeTable } from './change.ts';
import { LOCK_CHANGES } from './lock-changes.ts';
import { TRANSACTION_CHANGES } from './transaction-changes.ts';
import { isPlainObject, sameValue, type Value } from './value.ts';

export { type Change, ChangeRejected, type ChangeTable, type Occasion } from './change.ts';

export const BUILT_IN_CHANGES: ChangeTable = new Map<string, Change>([
  ['add', (value, args) => exact(number(value ?? 0, 'the value') + number(only(args), 'the argument'))],
  [
    'max',
    (value, args) => Math.max(number(value ?? only(args), 'the value'), number(only(args), 'the argument')),
  ],
  [
    'min',
    (value, args) => Math.min(number(value ?? only(args), 'the value'), number(only(args), 'the argument')),
  ],
  ['append', (value, args) => [...array(value ?? []), ...args]],
  ['addToSet', (value, args) => args.reduce(withItem, array(value ?? []))],
  ['removeFromSet', (value, args) => array(value ?? []).filter(item => !contains(args, item))],
  [
    'merge',
    (value, args) => ({ ...object(value ?? {}, 'the value'), ...object(only(args), 'the argument') }),
  ],
  ['setField', (value, args) => ({ ...object(value ?? {}, 'the value'), ...field(args) })],
  ...LOCK_CHANGES,
  ...TRANSACTION_CHANGES,
]);

function only(args: readonly Value[]): Value {
  const [argument] = args;
  if (args.length !== 1 || argument === undefined) {
    throw new ChangeRejected(`It takes 1 argument and got ${args.length}`);
  }
  return argument;
}

function field(args: readonly Value[]): { readonly [name: string]: Value } {
  const [name, value] = args;
  if (args.length !== 2 || typeof name !== 'string' || value === undefined) {
    throw new ChangeRejected('It takes 2 arguments, a field name and a value');
  }
  if (name === '__proto__') throw new ChangeRejected("A field cannot be named '__proto__'");
  return { [name]: value };
}

function number(value: Value, what: string): number {
  if (typeof value !== 'number')
    throw new ChangeRejected(`It needs a number, and ${what} is ${kindOf(value)}`);
  return value;
}

function exact(sum: number): number {
  if (!Number.isFinite(sum) || (Number.isInteger(sum) && !Number.isSafeInteger(sum))) {
    throw new ChangeRejected('The sum is beyond 2^53 - 1, where integers stop being exact');
  }
  return sum;
}

function array(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new ChangeRejected(`It needs an array, and the value is ${kindOf(value)}`);
  return value;
}

function object(value: Value, what: string): { readonly [field: string]: Value } {
  if (!isPlainObject(value)) throw new ChangeRejected(`It needs an object, and ${what} is ${kindOf(value)}`);
  return value as { readonly [field: string]: Value };
}

/** In words: the value itself may be long, and the caller's secret. */
function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? 'a number' : 'an object';
}

function contains(items: readonly Value[], item: Value): boolean {
  return items.some(other => sameValue(other, item));
}

function withItem(items: readonly Value[], item: Value): readonly Value[] {
  return contains(items, item) ? items : [...items, item];
}
