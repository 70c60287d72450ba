// Changes of a user's own, as a proposer loads them in own-changes.test.ts.

import { defineChange } from 'synod';
import { z } from 'zod';

const accounts = z.record(z.string(), z.number());

/** Moves an amount from one field to another. */
export const transfer = defineChange({
  name: 'transfer',
  version: 1,
  args: z.tuple([z.string(), z.string(), z.number().positive()]),
  apply: (state, [from, to, amount]) => {
    const before = accounts.parse(state ?? {});
    const left = (before[from] ?? 0) - amount;
    if (left < 0) throw new Error(`'${from}' has too little`);
    return { ...before, [from]: left, [to]: (before[to] ?? 0) + amount };
  },
});

/** With its third argument it may not go below zero, without it may. */
export const transferOnCredit = defineChange({
  name: 'transfer',
  version: 2,
  args: z.tuple([z.string(), z.string(), z.number().positive(), z.boolean().default(false)]),
  apply: (state, [from, to, amount, isCovered]) => {
    const before = accounts.parse(state ?? {});
    const left = (before[from] ?? 0) - amount;
    if (isCovered && left < 0) throw new Error(`'${from}' has too little`);
    return { ...before, [from]: left, [to]: (before[to] ?? 0) + amount };
  },
});

export const forEver = defineChange({
  name: 'forEver',
  version: 1,
  args: z.tuple([]),
  apply: () => {
    for (;;);
  },
});
