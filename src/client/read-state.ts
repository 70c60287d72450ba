// Reading a register of whatever kind.

import { RefusedError } from './errors.ts';
import type { CallOptions, Registers } from './registers.ts';
import type { State } from './state.ts';

/** The state of the register, linearizable. A read as a variable is refused for another kind, and shows the state. */
export async function readState(
  registers: Registers,
  key: string,
  options?: CallOptions,
): Promise<State<unknown>> {
  try {
    return await registers.variable(key).read(options);
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'wrong_kind') return error.state;
    throw error;
  }
}
