// A change of the user's own as the protocol applies it: arguments by its schema, in limited time, and with copies of
// everything, so that whatever it does refuses one request and reaches nothing that others share.

import { type Change, ChangeRejected } from '../../protocol/changes.ts';
import type { Value } from '../../protocol/value.ts';
import { shown } from '../../transport/shown.ts';
import type { ChangeDefinition, Checked } from './define-change.ts';
import { inLimitedTime, OutOfTime } from './limited-time.ts';

/** A change that takes longer is stopped; while it runs its proposer does nothing else. */
export const CHANGE_MS_MAX = 100;
/** So often is one run that waits and does nothing, or that a busy machine keeps from its time. */
const RUNS_MAX = 10;
/** It is not run again for so long then, so that one that never ends takes a twentieth of the proposer's time. */
const REST_MS = 2000;

export function ownChange(definition: ChangeDefinition, nowMs = () => performance.now()): Change {
  let restsUntilMs = Number.NEGATIVE_INFINITY;
  return (value, args, occasion) => {
    if (nowMs() < restsUntilMs)
      throw new ChangeRejected(`it is not run for ${REST_MS} ms after it was out of time`);
    try {
      return inFairTime(() => applied(definition, { value, args, occasion }));
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      restsUntilMs = nowMs() + REST_MS;
      throw new ChangeRejected(error.message);
    }
  };
}

/** While the machine did something else the change had no time: what was stopped for that alone is run again. */
function inFairTime<Result>(work: () => Result): Result {
  const before = process.cpuUsage();
  for (let run = 1; ; run++) {
    try {
      return inLimitedTime(work, CHANGE_MS_MAX);
    } catch (error) {
      const { user, system } = process.cpuUsage(before);
      const hadTime = (user + system) / 1000 >= CHANGE_MS_MAX / 2;
      if (!(error instanceof OutOfTime) || hadTime || run === RUNS_MAX) throw error;
    }
  }
}

interface Application {
  readonly value: Parameters<Change>[0];
  readonly args: Parameters<Change>[1];
  readonly occasion: Parameters<Change>[2];
}

/** All of it is somebody else's code: the schema, the function, and what may hide in what they throw or return. */
function applied(definition: ChangeDefinition, { value, args, occasion }: Application): Value {
  try {
    const given = accepted(atOnce(definition.args['~standard'].validate(structuredClone(args))));
    return structuredClone(atOnce(definition.apply(structuredClone(value), given, { ...occasion })));
  } catch (error) {
    throw new ChangeRejected(reasonOf(error));
  }
}

/** A promise that is rejected later, and that nobody waits for, would end the process. */
function atOnce<Result>(result: Result | Promise<Result>): Result {
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined);
  throw new ChangeRejected('it must answer at once, and not with a promise');
}

function accepted(checked: Checked<readonly unknown[]>): readonly unknown[] {
  if (checked.issues === undefined) return checked.value;
  const [issue] = checked.issues;
  const path = (issue?.path ?? []).map(step => String(typeof step === 'object' ? step.key : step));
  throw new ChangeRejected(`its argument ${path.join('.')}: ${issue?.message}`.replace(' :', 's:'));
}

const REASON_CHARACTERS_MAX = 500;

function reasonOf(error: unknown): string {
  const why: unknown = error instanceof Error ? error.message : error;
  return typeof why === 'string' ? why.slice(0, REASON_CHARACTERS_MAX) : `it threw ${shown(why)}`;
}
