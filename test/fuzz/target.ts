// What a decoder under test is, and the bytes that all of them are tried with.

import assert from 'node:assert/strict';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import type { Dice } from '../simulation/dice.ts';
import { bomb, mutatedBytes, mutatedTree } from './mutate.ts';

/** Whether the bytes were good. Anything thrown is a finding. */
export type Verdict = 'taken' | 'refused';

export interface Target {
  readonly name: string;
  make(dice: Dice): Uint8Array;
  /** `dice` for what comes with the bytes. */
  judge(bytes: Uint8Array, dice: Dice): Verdict;
}

const WHY_CHARACTERS_MAX = 1000;
export const BOMB_CHANCE = 0.002;

/** A refusal is logged, and sent to clients: it must not be as long as what it refuses. */
export function refused(why: string): Verdict {
  assert.ok(why.length > 0 && why.length <= WHY_CHARACTERS_MAX, `a refusal of ${why.length} characters`);
  return 'refused';
}

/** Bad bytes of good msgpack; a part of them stays good. */
export function badMsgpack(samples: readonly Uint8Array[], dice: Dice): Uint8Array {
  const good = dice.pick(samples);
  if (dice.chance(BOMB_CHANCE)) return bomb(good.subarray(0, dice.below(good.length)), 'msgpack', dice);
  if (dice.chance(0.4)) return mutatedBytes(good, dice.pick(samples), dice);
  const unpacked = unpack(good);
  assert.equal(unpacked.kind, 'value');
  return packed(unpacked.kind === 'value' ? mutatedTree(unpacked.value, dice) : undefined);
}

/** Not even our own encoder takes everything; what it does not is no message. */
export function packed(tree: unknown): Uint8Array {
  return Uint8Array.from(pack(tree));
}
