// Operations: what one process asked and what it was told, with where both stand in the recorded order.
// Owns the pairing of invocations with completions; what calls and outcomes mean is a model's business.

/** An operation from its call to its answer. Positions in the recorded order, not clocks, say what came first. */
export interface Operation<Call, Outcome> {
  readonly process: number;
  readonly key: string;
  readonly call: Call;
  /** `unknown`: it may take effect at any time after its call, or never. */
  readonly outcome: Outcome | 'unknown';
  readonly invokedAt: number;
  /** Infinity when the outcome is unknown. */
  readonly completedAt: number;
}

/** One recorded event, as far as pairing needs to know it. `what` names the operation in error messages. */
export type Step<Call, Outcome> = {
  readonly process: number;
  readonly key: string;
  readonly what: string;
} & (
  | { readonly kind: 'invoked'; readonly call: Call }
  | { readonly kind: 'completed'; readonly outcome: Outcome | 'unknown' }
);

type HistoryErrorCode = 'bad_line' | 'bad_order';

/** A history that cannot have been recorded like this: nothing can be concluded from it. */
export class HistoryError extends Error {
  readonly code: HistoryErrorCode;
  constructor(code: HistoryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HistoryError';
    this.code = code;
  }
}

interface Pending<Call> {
  readonly key: string;
  readonly what: string;
  readonly call: Call;
  readonly invokedAt: number;
}

/**
 * Pairs every call with its completion, in the order of the calls. Calls without a completion are unknown.
 * @throws HistoryError code `bad_order` when a process does two things at once, completes what it did not
 * call, or acts again after an unknown outcome.
 */
export function pairOperations<Call, Outcome>(
  steps: Iterable<Step<Call, Outcome>>,
): Operation<Call, Outcome>[] {
  const pending = new Map<number, Pending<Call>>();
  const retired = new Set<number>();
  const operations: Operation<Call, Outcome>[] = [];
  let position = 0;
  for (const step of steps) {
    const open = pending.get(step.process);
    if (step.kind === 'invoked') {
      if (open !== undefined)
        throw badOrder(position, step, `its '${open.what}' of '${open.key}' is not completed`);
      if (retired.has(step.process))
        throw badOrder(position, step, 'the outcome of its last operation is unknown');
      pending.set(step.process, { key: step.key, what: step.what, call: step.call, invokedAt: position });
    } else {
      if (open === undefined) throw badOrder(position, step, 'it has called nothing');
      if (open.what !== step.what || open.key !== step.key) {
        throw badOrder(position, step, `it had called '${open.what}' of '${open.key}'`);
      }
      pending.delete(step.process);
      if (step.outcome === 'unknown') retired.add(step.process);
      operations.push(complete(step.process, open, step.outcome, position));
    }
    position += 1;
  }
  for (const [process, open] of pending)
    operations.push(complete<Call, Outcome>(process, open, 'unknown', position));
  return operations.sort((a, b) => a.invokedAt - b.invokedAt);
}

function complete<Call, Outcome>(
  process: number,
  { key, call, invokedAt }: Pending<Call>,
  outcome: Outcome | 'unknown',
  position: number,
): Operation<Call, Outcome> {
  const completedAt = outcome === 'unknown' ? Number.POSITIVE_INFINITY : position;
  return { process, key, call, outcome, invokedAt, completedAt };
}

function badOrder(position: number, step: Step<unknown, unknown>, why: string): HistoryError {
  const verb = step.kind === 'invoked' ? 'call' : 'complete';
  const event = `Event ${position + 1} of the history cannot be`;
  return new HistoryError(
    'bad_order',
    `${event}: process ${step.process} cannot ${verb} '${step.what}' of '${step.key}', because ${why}`,
  );
}
