// What clients saw so far, carried in the explored state: calls and answers in their order, as far as the
// order says who was answered before whom was called.

import type { SynodCall, SynodOutcome } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import type { Operation as Recorded } from '../../src/history/operations.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import type { Answer } from '../../src/protocol/work.ts';
import { at } from './interning.ts';
import { nameOf, requestOf } from './proposer.ts';
import { KEY, type Scope } from './scope.ts';

interface Moment {
  readonly kind: 'call' | 'answer';
  readonly proposer: number;
  readonly token: number;
  /** Of an answer; of a call when it was answered with no_quorum, which has no place in the order. */
  readonly answer: Answer | undefined;
}

export type Recording = readonly Moment[];

export function withCall(recording: Recording, proposer: number, token: number): Recording {
  return inOrder([...recording, { kind: 'call', proposer, token, answer: undefined }]);
}

/** After `unknown` a request counts like one that is never answered: it may take effect at any time. */
export function withAnswer(recording: Recording, proposer: number, token: number, answer: Answer): Recording {
  if (answer.kind === 'unknown') return recording;
  if (answer.kind !== 'no_quorum')
    return inOrder([...recording, { kind: 'answer', proposer, token, answer }]);
  return recording.map(moment => (isOf(moment, proposer, token) ? { ...moment, answer } : moment));
}

function isOf(moment: Moment, proposer: number, token: number): boolean {
  return moment.proposer === proposer && moment.token === token;
}

/** The order among calls that follow each other tells nothing, and the same for answers: sorts the last of them. */
function inOrder(recording: Recording): Recording {
  const last = recording.at(-1);
  const start = recording.findLastIndex(moment => moment.kind !== last?.kind) + 1;
  const run = recording.slice(start).sort((a, b) => a.proposer - b.proposer || a.token - b.token);
  return [...recording.slice(0, start), ...run];
}

/** Every request with its answer, if it has one. */
export function answersOf(recording: Recording) {
  return recording.flatMap(({ proposer, token, answer }) =>
    answer === undefined ? [] : [{ proposer, token, answer }],
  );
}

const model = synodModel(BUILT_IN_CHANGES);

export function isLinearizable(scope: Scope, recording: Recording): boolean {
  return checkLinearizable(model, operationsOf(scope, recording)).kind === 'linearizable';
}

function operationsOf(scope: Scope, recording: Recording): Recorded<SynodCall, SynodOutcome>[] {
  const operations: Recorded<SynodCall, SynodOutcome>[] = [];
  const done = new Map<string, Recorded<SynodCall, SynodOutcome>>();
  recording.forEach(({ kind, proposer, token }, invokedAt) => {
    if (kind !== 'call') return;
    const script = at(scope.proposers, proposer);
    const completedAt = recording.findIndex(
      moment => moment.answer !== undefined && isOf(moment, proposer, token),
    );
    const outcome = outcomeOf(recording[completedAt]?.answer);
    const operation: Recorded<SynodCall, SynodOutcome> = {
      process: operations.length,
      key: KEY,
      call: callOf(requestOf(script, token).operation),
      outcome,
      invokedAt,
      // The failed carry their answer at the call, where nothing else may be.
      completedAt: outcome === 'unknown' ? Number.POSITIVE_INFINITY : Math.max(completedAt, invokedAt + 0.5),
    };
    const name = nameOf(proposer, script, token);
    const twin = done.get(name);
    if (twin !== undefined) operations.splice(operations.indexOf(twin), 1);
    const merged = twin === undefined ? operation : mergedTwins(twin, operation);
    operations.push(merged);
    const { id, pass } = requestOf(script, token);
    if (id !== undefined || pass !== undefined) done.set(name, merged);
  });
  return operations;
}

/** A request and its retry under the same id, or at another proposer, are one operation, which ends with the first answer. */
function mergedTwins(
  first: Recorded<SynodCall, SynodOutcome>,
  retry: Recorded<SynodCall, SynodOutcome>,
): Recorded<SynodCall, SynodOutcome> {
  const answered = [first, retry].filter(({ outcome }) => outcome !== 'unknown' && outcome.kind !== 'failed');
  const [earliest] = answered.sort((a, b) => a.completedAt - b.completedAt);
  if (earliest === undefined) return { ...first, outcome: 'unknown', completedAt: Number.POSITIVE_INFINITY };
  return { ...earliest, process: first.process, invokedAt: first.invokedAt };
}

function outcomeOf(answer: Answer | undefined): SynodOutcome | 'unknown' {
  if (answer === undefined || answer.kind === 'unknown') return 'unknown';
  if (answer.kind === 'done') return { kind: 'ok', shown: answer.view };
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.code, shown: answer.view };
  return { kind: 'failed', code: answer.kind };
}

function callOf(operation: Operation): SynodCall {
  switch (operation.type) {
    case 'variable.cas': {
      const { type, value, expect } = operation;
      if (expect.by === 'version') return { operation: type, value, version: expect.version };
      return { operation: type, value, expect: expect.value };
    }
    case 'variable.change':
      return { operation: operation.type, change: operation.change, args: [...operation.args] };
    case 'variable.delete':
      return { operation: operation.type, version: operation.version };
    case 'register.write':
    case 'variable.write':
    case 'variable.create':
      return { operation: operation.type, value: operation.value };
    case 'switch.set':
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return { operation: operation.type };
  }
}
