// How `synod up` reads what acceptors tell: who votes, who may come yet, and why the others do not.

import test from 'ava';
import { canServe, sightOf } from '../../src/cli/up-sight.ts';
import { upConfig } from '../../src/node/config/up-config.ts';
import type { AcceptorStanding } from '../../src/node/operator/cluster-status.ts';

const PLACE = { config: upConfig({ data: '/d' }, {}), natsUrl: 'nats://n:1' };
const UP = { ready: () => new Set(['a1', 'a2', 'a3']), leftStopped: () => new Map<string, string>() };
const NONE = { ready: () => new Set<string>(), leftStopped: () => new Map<string, string>() };

function standing(id: string, status: AcceptorStanding['status'], isMember = true): AcceptorStanding {
  return { id, status, isMember, missed: 0, told: undefined };
}

test('sightOf(): all vote', t => {
  const sight = sightOf(
    ['a1', 'a2', 'a3'].map(id => standing(id, 'voting')),
    UP,
    PLACE,
  );
  t.like(sight, { voting: 3, majority: 2, coming: [] });
  t.is(sight.whys.size, 0);
});

test('sightOf(): those that vote under the names of its own, which have not said so to it, are others', t => {
  const sight = sightOf(
    ['a1', 'a2', 'a3'].map(id => standing(id, 'voting')),
    NONE,
    PLACE,
  );
  t.like(sight, { voting: 0, coming: ['a1', 'a2', 'a3'] });
  t.regex(sight.whys.get('a1') ?? '', /'a1' is not up yet, and one of that name votes: another cluster's\?/);
});

test('sightOf(): an acceptor that was removed is not waited for, and a member that is not of `up` is named', t => {
  const standings = [
    standing('a1', 'voting'),
    standing('a2', 'voting'),
    standing('a3', 'removed', false),
    standing('a4', 'silent'),
  ];
  const sight = sightOf(standings, UP, PLACE);
  t.like(sight, { members: ['a1', 'a2', 'a4'], voting: 2, majority: 2, coming: [] });
  t.true(canServe(sight));
  t.regex(sight.whys.get('a3') ?? '', /'a3' is no member any more \(the members are a1, a2, a4\)/);
  t.regex(
    sight.whys.get('a4') ?? '',
    /`synod up` does not start.*synod acceptor --id a4 .* --nats nats:\/\/n:1$/,
  );
});

test('sightOf(): one that was left stopped does not vote, whatever it said before', t => {
  const own = { ready: () => new Set(['a1']), leftStopped: () => new Map([['a1', 'Its file was lost.']]) };
  const standings = [standing('a1', 'voting'), standing('a2', 'asking'), standing('a3', 'silent')];
  const sight = sightOf(standings, own, PLACE);
  t.like(sight, { voting: 0, coming: ['a2', 'a3'] });
  t.false(canServe(sight));
  t.deepEqual([...sight.whys.keys()], ['a1', 'a2', 'a3']);
  t.is(sight.whys.get('a1'), 'Its file was lost.');
  t.regex(sight.whys.get('a3') ?? '', /does not answer\. Its log: \/d\/logs\/a3\.log/);
});

test('sightOf(): what an acceptor said to its supervisor counts where it may not be asked', t => {
  const own = { ...NONE, ready: () => new Set(['a1', 'a2']) };
  const sight = sightOf(
    ['a1', 'a2', 'a3'].map(id => standing(id, 'silent')),
    own,
    PLACE,
  );
  t.like(sight, { voting: 2, coming: ['a3'] });
});
