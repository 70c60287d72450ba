// What scopes are made of: requests, scripts of proposers, and openings.

import type { ClientRequest, Operation } from '../../src/protocol/operation.ts';
import type { Scope, Script } from './scope.ts';

const request = (operation: Operation, id?: string): ClientRequest => ({ operation, id });
export const write = (value: string, id?: string) => request({ type: 'variable.write', value }, id);
export const create = (value: string, id?: string) => request({ type: 'variable.create', value }, id);
export const casValue = (expect: string, value: string) =>
  request({ type: 'variable.cas', value, expect: { by: 'value', value: expect } });
export const cas = (version: number, value: string) =>
  request({ type: 'variable.cas', value, expect: { by: 'version', version } });
export const remove = request({ type: 'variable.delete', version: undefined });
export const read = request({ type: 'variable.read' });
export const set = request({ type: 'switch.set' });
export const readSwitch = request({ type: 'switch.read' });

export const passed = (number: number, { operation, id }: ClientRequest): ClientRequest => {
  return { operation, id, pass: { router: 'r', number } };
};

type Batches = readonly (readonly ClientRequest[])[];

/** A proposer that goes on until it has an answer, as often as it may prepare. */
export const persistent = (preparesMax: number, ...batches: Batches): Script => {
  return { batches, preparesMax, floorsMax: 0, givesUp: false, crashesMax: 0 };
};
/** A proposer whose requests may reach their deadline at any time. */
export const impatient = (preparesMax: number, ...batches: Batches): Script => {
  return { batches, preparesMax, floorsMax: 0, givesUp: true, crashesMax: 0 };
};
/** A proposer that may forget everything once. */
export const mortal = (preparesMax: number, ...batches: Batches): Script => {
  return { batches, preparesMax, floorsMax: 0, givesUp: false, crashesMax: 1 };
};

/** A proposer that may ask for so many floors, at any time. */
export const floored = (floorsMax: number, script: Script): Script => ({ ...script, floorsMax });

export function scope(name: string, ...proposers: readonly Script[]): Scope {
  return { name, acceptors: 3, change: undefined, proposers, opening: [] };
}

/** Acceptors are a, b and so on: those before the change, then those who come. */
export function changing(
  name: string,
  [before, after]: readonly [string, string],
  ...proposers: readonly Script[]
): Scope {
  const change = { before: [...before], after: [...after], againMax: 0 };
  return { name, acceptors: new Set(before + after).size, change, proposers, opening: [] };
}

/** The key moves from the first group of acceptors to the other one, through the proposers whose numbers are given. */
export function moving(
  name: string,
  [from, to]: readonly [string, string],
  desks: readonly number[],
  ...proposers: readonly Script[]
): Scope {
  const move = { groups: [[...from], [...to]], returns: false, desks } as const;
  return { name, acceptors: from.length + to.length, change: undefined, move, proposers, opening: [] };
}

/** …and back again. */
export function returning(...moved: Parameters<typeof moving>): Scope {
  const { move, ...scope } = moving(...moved);
  return { ...scope, ...(move && { move: { ...move, returns: true } }) };
}

/** The steps by which some acceptors take a command, and by which a proposer gets their replies. */
export function exchanged(
  proposer: string,
  command: string,
  reply: string,
  acceptors: string,
): readonly string[] {
  const counter = command.split(' ')[1];
  const given = [...acceptors].map(acceptor => `${acceptor} gets ${command} of ${proposer}:`);
  return [...given, ...[...acceptors].map(acceptor => `${proposer} ${reply} of ${acceptor} for ${counter}`)];
}
