// What a client is shown of a register.

/** A register at one moment. */
export interface State<Value> {
  /** Whether it has a value; of a switch, whether it is on. */
  readonly set: boolean;
  /** Undefined while it is unset. After a repetition of an id it is missing when it was too large to be remembered. */
  readonly value: Value | undefined;
  /** Counts the changes, and goes on counting through deletes; 0 while it is unset. */
  readonly version: number;
}
