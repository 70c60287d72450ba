// What a client is shown of a register.

/** `version` counts the changes; 0 means unset. `value` is undefined while the register is unset. */
export interface State<Value> {
  readonly set: boolean;
  readonly value: Value | undefined;
  readonly version: number;
}
