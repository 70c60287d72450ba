// What must be there before a workload may start: registers that were written, so that reads find something.

import { jsonBody, type StepPlan, subjectOf, textOf } from './place.ts';
import type { Ask } from './requests.ts';

/** Registers that are written once a run; `name` tells whether they were. */
export interface Filling {
  readonly name: string;
  readonly count: number;
  ask(index: number): Ask;
}

/** Variables with a value of the wanted size. */
export function values(plan: StepPlan): Filling {
  return written(plan, { operation: 'variable.write', family: 'v', value: textOf(plan) });
}

export function counters(plan: StepPlan): Filling {
  return written(plan, { operation: 'variable.write', family: 'n', value: 0 });
}

export function registers(plan: StepPlan): Filling {
  return written(plan, { operation: 'register.write', family: 'r', value: textOf(plan) });
}

/** Variables at version 1 that belong to one step; a client needs at least one of its own. */
export function versioned(plan: StepPlan): Filling {
  const filling = written(plan, {
    operation: 'variable.write',
    family: casFamily(plan),
    value: textOf(plan),
  });
  return { ...filling, count: Math.max(plan.keys, plan.clients) };
}

export function casFamily({ step }: StepPlan): string {
  return `c${step}`;
}

interface Writing {
  readonly operation: string;
  readonly family: string;
  readonly value: string | number;
}

function written(plan: StepPlan, { operation, family, value }: Writing): Filling {
  const bytes = jsonBody({ value });
  return {
    name: family,
    count: plan.keys,
    ask: index => ({ subject: subjectOf(plan, operation, family, index), bytes }),
  };
}
