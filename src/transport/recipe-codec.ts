// Recipes as subjects: `synod.lock.acquire.K` and the like. Each is a request of one register, a named change most often,
// with fields that say what they are, and a reply in its own words (recipe-replies.ts); nothing here is state. The TypeScript
// client makes the same requests of the same registers, so that whoever asks in either way meets the other.

import { ChangeRejected } from '../protocol/change.ts';
import { acquire, LEASE_MS } from '../protocol/lock-changes.ts';
import type { OperationType } from '../protocol/operation.ts';
import type { Value } from '../protocol/value.ts';
import {
  barrierShowing,
  CLAIM,
  counterShowing,
  ELECTION,
  type Fields,
  grantShowing,
  idsShowing,
  LOCK,
  plainShowing,
  SEMAPHORE,
  type Showing,
  type Tongue,
  tongueShowing,
} from './recipe-replies.ts';
import { BadRequest } from './service-errors.ts';
import type { RequestSubject } from './subjects.ts';

/** What a recipe asks of a register. */
interface Asked {
  readonly type: OperationType;
  readonly body: Fields;
  readonly showing: Showing;
}

interface Recipe {
  readonly fields: readonly string[];
  /** The register's, where it is not the one in the subject. */
  readonly keyOf?: ((key: string) => string) | undefined;
  /** @throws BadRequest */
  readonly ask: (body: Fields) => Asked;
}

type Named = readonly (readonly [name: string, recipe: Recipe])[];

/** Numbers at once that nobody else gets. */
export const BLOCK_MAX = 1_000_000;

/** The lock of a register that is written once. */
export function claimOf(key: string): string {
  return `${key}.claim`;
}

function change(name: string, args: readonly unknown[], showing: Showing): Asked {
  return { type: 'variable.change', body: { change: name, args }, showing };
}

function held(kind: string, tongue: Tongue, keyOf?: Recipe['keyOf']): Named {
  const { owner, take, give, what, hasPermits } = tongue;
  const byToken = (verb: string, name: string): Recipe => ({
    fields: ['token'],
    keyOf,
    ask: ({ token }) => change(name, [wholeOf('token', token)], tongueShowing(tongue, `${verb} ${what}`)),
  });
  const taking: Recipe = {
    fields: [owner, 'ttlMs', ...(hasPermits ? ['permits', 'limit'] : [])],
    keyOf,
    ask: body => {
      const { ttlMs = LEASE_MS, permits = 1, limit = hasPermits ? undefined : 1 } = body;
      const name = body[owner];
      if (name === undefined) throw new BadRequest('bad_request', `The field '${owner}' is missing`);
      if (limit === undefined)
        throw new BadRequest('bad_request', "The field 'limit' is missing: how many permits there are");
      const args = [name, { ttlMs, permits, limit }] as readonly Value[];
      checkAcquire(args);
      const grant = { owner: String(name), permits: Number(permits), limit: Number(limit) };
      return change('lock.acquire', args, grantShowing(tongue, grant));
    },
  };
  return [
    [`${kind}.${take}`, taking],
    [`${kind}.renew`, byToken('renew', 'lock.renew')],
    [`${kind}.${give}`, byToken('give up', 'lock.release')],
  ];
}

function reading(name: string, showing: Showing): Named {
  return [[name, { fields: [], ask: () => ({ type: 'variable.read', body: {}, showing }) }]];
}

const COUNTER: Named = [
  [
    'counter.add',
    {
      fields: ['amount'],
      ask: ({ amount = 1 }) => {
        if (typeof amount !== 'number')
          throw new BadRequest('bad_request', "The field 'amount' must be a number");
        return change('add', [amount], counterShowing('add to the counter'));
      },
    },
  ],
  [
    'counter.next',
    {
      fields: ['block'],
      ask: ({ block = 1 }) => {
        const size = wholeOf('block', block, BLOCK_MAX);
        return change('add', [size], idsShowing(size));
      },
    },
  ],
  ...reading('counter.read', counterShowing('read the counter')),
];

const ONCE: Named = [
  [
    'once.read',
    {
      fields: [],
      ask: () => ({ type: 'register.read', body: {}, showing: plainShowing('read the result of') }),
    },
  ],
  ...held('once', CLAIM, claimOf),
  [
    'once.finish',
    {
      fields: ['value'],
      ask: body => ({ type: 'register.write', body, showing: plainShowing('write the result of') }),
    },
  ],
];

const BARRIER: Named = [
  [
    'barrier.arrive',
    {
      fields: ['name', 'parties'],
      ask: ({ name, parties }) => {
        if (typeof name !== 'string' || name === '')
          throw new BadRequest('bad_request', "The field 'name' must be text: who arrives");
        return change(
          'addToSet',
          [name],
          barrierShowing('arrive at the barrier', wholeOf('parties', parties)),
        );
      },
    },
  ],
  [
    'barrier.read',
    {
      fields: ['parties'],
      ask: ({ parties }) => ({
        type: 'variable.read',
        body: {},
        showing: barrierShowing('read the barrier', wholeOf('parties', parties)),
      }),
    },
  ],
];

const RECIPES: ReadonlyMap<string, Recipe> = new Map([
  ...held('lock', LOCK),
  ...reading('lock.read', tongueShowing(LOCK, 'read the lock')),
  ...held('semaphore', SEMAPHORE),
  ...reading('semaphore.read', tongueShowing(SEMAPHORE, 'read the semaphore')),
  ...held('election', ELECTION),
  ...reading('election.read', tongueShowing(ELECTION, 'read the election')),
  ...COUNTER,
  ...ONCE,
  ...BARRIER,
]);

/** As in a subject: `lock.acquire`. */
export const RECIPE_NAMES: readonly string[] = [...RECIPES.keys()];

export function isRecipe(name: string): boolean {
  return RECIPES.has(name);
}

/** The key of the register that a request is for. */
export function registerKey({ kind, operation, key }: RequestSubject): string {
  const keyOf = RECIPES.get(`${kind}.${operation}`)?.keyOf;
  return keyOf === undefined ? key : keyOf(key);
}

/** What the recipe of that name asks of its register. @throws BadRequest */
export function recipeOf(name: string, { id, timeoutMs, ...body }: Fields): Asked {
  const recipe = RECIPES.get(name);
  if (recipe === undefined) throw new BadRequest('bad_request', `There is no recipe '${name}'`);
  const unknown = Object.keys(body).find(field => !recipe.fields.includes(field));
  if (unknown !== undefined) {
    const known = [...recipe.fields, 'id', 'timeoutMs'].join(', ');
    throw new BadRequest(
      'bad_request',
      `The operation ${name} takes ${known}, and not '${unknown.slice(0, 64)}'`,
    );
  }
  const asked = recipe.ask(body);
  const common = { ...(id === undefined ? {} : { id }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return { ...asked, body: { ...asked.body, ...common } };
}

function wholeOf(field: string, candidate: unknown, max = Number.MAX_SAFE_INTEGER): number {
  const isWhole = typeof candidate === 'number' && Number.isSafeInteger(candidate);
  if (isWhole && candidate >= 1 && candidate <= max) return candidate;
  throw new BadRequest('bad_request', `The field '${field}' must be a whole number from 1 to ${max}`);
}

/** As the change does it: what is wrong with the arguments is told from a lock that is held. @throws BadRequest */
function checkAcquire(args: readonly Value[]): void {
  try {
    acquire(undefined, args, { nowMs: 0, version: 1 });
  } catch (error) {
    if (!(error instanceof ChangeRejected)) throw error;
    throw new BadRequest('bad_request', error.message);
  }
}
