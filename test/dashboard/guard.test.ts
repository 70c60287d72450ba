// Who may ask the dashboard, and what its curves are made of.

import test from 'ava';
import { refusal } from '../../src/dashboard/guard.ts';
import { Lagging } from '../../src/dashboard/lagging.ts';
import { Rates } from '../../src/dashboard/rates.ts';
import type { ProposerTold } from '../../src/node/process/status.ts';

const ASKED = { method: 'GET', host: 'localhost:4280', site: undefined };

test('refusal(): a name that may lead anywhere is refused, addresses and known names are not', t => {
  for (const host of ['localhost', '127.0.0.1:4280', '[::1]:4280', '10.0.0.7', 'synod.example.com:80']) {
    t.is(refusal({ ...ASKED, host }, ['synod.example.com']), undefined, host);
  }
  for (const host of [undefined, '', 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    t.is(refusal({ ...ASKED, host }, ['synod.example.com'])?.[0], 403, host);
  }
});

test('refusal(): nothing but reading, and for no other site', t => {
  for (const method of ['POST', 'PUT', 'DELETE', undefined])
    t.is(refusal({ ...ASKED, method }, [])?.[0], 405);
  t.is(refusal({ ...ASKED, site: 'cross-site' }, [])?.[0], 403);
  t.is(refusal({ ...ASKED, site: 'same-site' }, [])?.[0], 403);
  t.is(refusal({ ...ASKED, site: 'same-origin' }, []), undefined);
  t.is(refusal({ ...ASKED, site: 'none' }, []), undefined);
});

function told(incarnation: string, results: Record<string, number>, counts: number[]): ProposerTold {
  return {
    role: 'proposer',
    name: 'p',
    incarnation,
    version: '1',
    wire: 2,
    epoch: 1,
    isJoint: false,
    homes: 1,
    floors: 0,
    waiting: 0,
    requests: 0,
    results,
    latency: { bounds: [1, 10], counts },
    longestGapMs: { lastMinute: 5, ever: 9 },
    acceptors: {},
    changes: [],
    peers: {},
  };
}

test('Rates: what grew since the look before, and nothing of who is new', t => {
  const rates = new Rates();
  t.like(rates.sample([{ told: told('x', { ok: 100 }, [100, 0, 0]), atMs: 0 }]), { served: 0, p50Ms: null });
  const sample = rates.sample([
    { told: told('x', { ok: 150, conflict: 10, unknown: 20 }, [100, 80, 0]), atMs: 2000 },
    { told: told('y', { ok: 7000 }, [7000, 0, 0]), atMs: 2000 },
  ]);
  t.like(sample, { served: 30, failed: 10, gapMs: 5 });
  t.true((sample.p50Ms ?? 0) > 1, 'the quick ones were before');
  t.like(rates.sample([]), { served: 0, failed: 0, p50Ms: null, gapMs: 0 });
});

test('Lagging: behind is who misses much of what is asked now', t => {
  const lagging = new Lagging();
  const look = (missed: number, requests: number): boolean => {
    lagging.look(new Map([['a1', missed]]), requests);
    return lagging.isBehind('a1');
  };
  t.false(look(5000, 10_000), 'what was before is over');
  t.false(look(5010, 10_100), 'so few are under way');
  t.true(look(5100, 10_200));
  for (let i = 0; i < 9; i++) look(5100, 11_000);
  t.false(look(5100, 11_000));
});

test('Lagging: who votes a little later than the others is not behind', t => {
  const lagging = new Lagging();
  const behind = Array.from({ length: 20 }, (_, i) => {
    lagging.look(new Map([['a3', i === 0 ? 0 : 1000]]), i * 5000);
    return lagging.isBehind('a3');
  });
  t.false(behind.includes(true));
});
