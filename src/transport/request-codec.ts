// Client requests: from the subject and the bytes of a message to a validated request. Everything a client
// can get wrong is refused here with a sentence that names it, so that behind here requests are sound.

import type { ChangeTable } from '../protocol/changes.ts';
import type { ClientRequest, Expectation, Operation, OperationType } from '../protocol/operation.ts';
import { OPERATION_KINDS, TTL_MS_MAX } from '../protocol/operation.ts';
import { checkValue, type Value } from '../protocol/value.ts';
import { decodeBody } from './body-codec.ts';
import { isRecipe, RECIPE_NAMES, recipeOf, registerKey } from './recipe-codec.ts';
import type { Showing } from './recipe-replies.ts';
import { BadRequest } from './service-errors.ts';
import { shown } from './shown.ts';
import { keyProblem, type RequestSubject } from './subjects.ts';

export interface RequestLimits {
  readonly valueBytesMax: number;
  readonly timeoutMsDefault: number;
  readonly timeoutMsMax: number;
}

export interface ParsedRequest {
  readonly request: ClientRequest;
  readonly key: string;
  readonly timeoutMs: number;
  /** The size of what it carries, for bounding how much waits. */
  readonly bytes: number;
  /** What was asked, as in the subject. */
  readonly name: string;
  /** Present for recipes: how their replies are made. */
  readonly showing: Showing | undefined;
}

/** What a request is checked against. */
interface Border {
  readonly limits: RequestLimits;
  readonly changes: ChangeTable;
}

export const REQUEST_ID_CHARACTERS_MAX = 64;

type Body = Readonly<Record<string, unknown>>;

/** @param headerId the `Nats-Msg-Id` header, which counts when the body has no `id`. @throws BadRequest */
export function parseRequest(
  subject: RequestSubject,
  bytes: Uint8Array,
  headerId: string | undefined,
  border: Border,
): ParsedRequest {
  const name = servedName(subject);
  const sent = decodeBody(bytes);
  const id = sent.id ?? (headerId === '' ? undefined : headerId);
  const body = id === undefined ? sent : { ...sent, id };
  if (isOperationType(name)) {
    const parsed = requestOf(name, subject.key, body, border);
    return { ...parsed, bytes: bytes.length, name, showing: undefined };
  }
  const asked = recipeOf(name, body);
  checkKey(subject.key);
  const parsed = requestOf(asked.type, registerKey(subject), asked.body, border);
  return { ...parsed, bytes: bytes.length, name, showing: asked.showing };
}

/** The same for a body that never was bytes. @throws BadRequest */
export function requestOf(
  type: OperationType,
  key: string,
  body: Body,
  border: Border,
): Pick<ParsedRequest, 'request' | 'key' | 'timeoutMs'> {
  checkKey(key);
  refuseUnknownFields(type, body);
  return {
    request: { operation: operationOf(type, body, border), id: idOf(body) },
    key,
    timeoutMs: timeoutOf(body, border.limits),
  };
}

/** @throws BadRequest */
export function checkKey(key: string): void {
  if (key === '')
    throw new BadRequest('bad_key', 'The key is missing: it follows the operation in the subject');
  const problem = keyProblem(key);
  if (problem !== undefined) throw new BadRequest('bad_key', `The key '${shown(key)}' ${problem}`);
}

/** What the service does on subjects with a key. */
export const SERVED_NAMES: readonly string[] = [...Object.keys(OPERATION_KINDS), ...RECIPE_NAMES];

export function isServed(name: string): boolean {
  return isOperationType(name) || isRecipe(name);
}

function servedName({ kind, operation }: RequestSubject): string {
  const name = `${kind}.${operation}`;
  if (isServed(name)) return name;
  const operations = SERVED_NAMES.filter(served => served.startsWith(`${kind}.`));
  if (operations.length === 0) {
    const kinds = new Set(SERVED_NAMES.map(served => served.slice(0, served.indexOf('.'))));
    throw new BadRequest('bad_request', `The kind '${shown(kind)}' is none of ${[...kinds].join(', ')}`);
  }
  const names = operations.map(served => served.slice(kind.length + 1)).join(', ');
  const article = /^[aeiou]/.test(kind) ? 'An' : 'A';
  throw new BadRequest(
    'bad_request',
    `${article} ${kind} has no operation '${shown(operation)}', only ${names}`,
  );
}

export function isOperationType(type: string): type is OperationType {
  return Object.hasOwn(OPERATION_KINDS, type);
}

const COMMON_FIELDS = ['id', 'timeoutMs'];
const FIELDS: Readonly<Record<OperationType, readonly string[]>> = {
  'switch.set': [],
  'switch.read': [],
  'register.write': ['value'],
  'register.read': [],
  'variable.read': [],
  'variable.write': ['value', 'ttlMs'],
  'variable.create': ['value', 'ttlMs'],
  'variable.cas': ['value', 'version', 'expect', 'ttlMs'],
  'variable.delete': ['version'],
  'variable.change': ['change', 'args'],
};

/** A field that is not known is refused, for it may be a condition that the client relies on. */
function refuseUnknownFields(type: OperationType, body: Body): void {
  const known = [...FIELDS[type], ...COMMON_FIELDS];
  const unknown = Object.keys(body).find(field => !known.includes(field));
  if (unknown === undefined) return;
  throw new BadRequest(
    'bad_request',
    `The operation ${type} takes ${known.join(', ')}, and not '${shown(unknown)}'`,
  );
}

function operationOf(type: OperationType, body: Body, { limits, changes }: Border): Operation {
  switch (type) {
    case 'switch.set':
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return { type };
    case 'register.write':
      return { type, value: valueIn(body, 'value', limits) };
    case 'variable.write':
    case 'variable.create':
      return { type, value: valueIn(body, 'value', limits), ...ttlOf(body) };
    case 'variable.cas':
      return {
        type,
        value: valueIn(body, 'value', limits),
        expect: expectationOf(body, limits),
        ...ttlOf(body),
      };
    case 'variable.delete':
      return { type, version: body.version === undefined ? undefined : versionIn(body, 1) };
    case 'variable.change':
      return { type, change: changeOf(body, changes), args: argsOf(body, limits) };
  }
}

function valueIn(body: Body, field: string, limits: RequestLimits): Value {
  const candidate = body[field];
  if (candidate === undefined) throw new BadRequest('bad_request', `The field '${field}' is missing`);
  return bounded(candidate, field, limits);
}

function bounded(candidate: unknown, field: string, limits: RequestLimits): Value {
  const check = checkValue(candidate);
  if (check.kind === 'refused') throw new BadRequest('bad_value', `The field '${field}' ${check.why}`);
  if (check.bytes > limits.valueBytesMax) {
    const sizes = `${check.bytes} bytes, more than ${limits.valueBytesMax}`;
    throw new BadRequest('too_large', `The field '${field}' has ${sizes}`);
  }
  return check.value;
}

function expectationOf(body: Body, limits: RequestLimits): Expectation {
  const hasVersion = body.version !== undefined;
  if (hasVersion === (body.expect !== undefined)) {
    const why = "A cas takes either 'version' (0 for unset) or 'expect' (the value that must be there)";
    throw new BadRequest('bad_request', why);
  }
  if (hasVersion) return { by: 'version', version: versionIn(body, 0) };
  return { by: 'value', value: valueIn(body, 'expect', limits) };
}

function versionIn(body: Body, min: number): number {
  const version = body.version;
  if (typeof version === 'number' && Number.isSafeInteger(version) && version >= min) return version;
  throw new BadRequest('bad_request', `The field 'version' must be a whole number from ${min} on`);
}

function ttlOf({ ttlMs }: Body): { readonly ttlMs?: number } {
  if (ttlMs === undefined || ttlMs === null) return {};
  if (typeof ttlMs === 'number' && Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= TTL_MS_MAX)
    return { ttlMs };
  throw new BadRequest('bad_request', `The field 'ttlMs' must be a whole number from 1 to ${TTL_MS_MAX}`);
}

function changeOf(body: Body, changes: ChangeTable): string {
  const { change } = body;
  if (typeof change !== 'string') {
    throw new BadRequest('bad_request', "The field 'change' must be the name of a change function");
  }
  if (changes.has(change)) return change;
  const known = [...changes.keys()].join(', ');
  throw new BadRequest('unknown_change', `There is no change '${shown(change)}' here, only ${known}`);
}

function argsOf(body: Body, limits: RequestLimits): readonly Value[] {
  const args = body.args ?? [];
  if (!Array.isArray(args)) throw new BadRequest('bad_request', "The field 'args' must be an array");
  bounded(args, 'args', limits);
  return args;
}

function idOf({ id }: Body): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === 'string' && isRequestId(id)) return id;
  const why = `A request id must be a string of 1 to ${REQUEST_ID_CHARACTERS_MAX} characters, none of them half of a pair`;
  throw new BadRequest('bad_request', why);
}

/** Half of a surrogate pair has no UTF-8: it would be remembered as another id, and a retry not recognised (R1). */
function isRequestId(id: string): boolean {
  return id.length > 0 && id.length <= REQUEST_ID_CHARACTERS_MAX && !/\p{Surrogate}/u.test(id);
}

/** @throws BadRequest */
export function timeoutOf(body: Body, { timeoutMsDefault, timeoutMsMax }: RequestLimits): number {
  const timeoutMs = body.timeoutMs;
  if (timeoutMs === undefined) return timeoutMsDefault;
  if (typeof timeoutMs === 'number' && timeoutMs >= 1 && timeoutMs <= timeoutMsMax) return timeoutMs;
  throw new BadRequest('bad_request', `The field 'timeoutMs' must be a number from 1 to ${timeoutMsMax}`);
}
