// What a named change of the user's own is: a pure function with a name, a version and a schema for its arguments.
// Type only; a proposer checks it when it loads it (change-modules.ts).

import type { Occasion } from '../../protocol/changes.ts';
import type { Value } from '../../protocol/value.ts';

/** A named change of one's own: docs/recipes.md. */
export interface ChangeDefinition<Args extends readonly unknown[] = readonly unknown[]> {
  /** What requests call it: letters, digits, _ and -, a letter first, 64 at most. */
  readonly name: string;
  /** Counts from 1. Another meaning under the same name is another version; `name@version` asks for this one. */
  readonly version: number;
  /** What `args` of a request must be: a tuple or an array of zod, or of another library of Standard Schema. */
  readonly args: ArgsSchema<Args>;
  /**
   * The next value. `state` is the value, undefined while the variable is unset. Throwing rejects the request. The
   * same for the same arguments: no clock but `occasion`, no chance, no memory of its own, and done in 100 ms.
   */
  apply(state: Value | undefined, args: Args, occasion: Occasion): Value;
}

/** The part of Standard Schema (standardschema.dev) that is used here. */
export interface ArgsSchema<Args> {
  /** Where the standard puts it. */
  readonly '~standard': {
    /** Says at once what it makes of arguments; a promise is refused. */
    readonly validate: (candidate: unknown) => Checked<Args> | Promise<Checked<Args>>;
  };
}

/** What a schema makes of arguments: the value, or what is wrong with them. */
export type Checked<Args> =
  | {
      /** As `apply` gets them. */
      readonly value: Args;
      /** None. */
      readonly issues?: undefined;
    }
  | {
      /** At least one; the first is told. */
      readonly issues: readonly Issue[];
    };

/** A step to what is wrong, as some libraries say it. */
export interface PathSegment {
  /** A field's name, or an index. */
  readonly key: PropertyKey;
}

/** One thing that is wrong with arguments. */
export interface Issue {
  /** In words. */
  readonly message: string;
  /** Where: field names and indices. */
  readonly path?: readonly (PropertyKey | PathSegment)[] | undefined;
}

/** Says what it is given, with the types of `apply` taken from the schema. Nothing is checked here. */
export function defineChange<Args extends readonly unknown[]>(
  definition: ChangeDefinition<Args>,
): ChangeDefinition<Args> {
  return definition;
}
