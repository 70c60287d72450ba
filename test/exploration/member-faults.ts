// Negative controls of the change of members: each leaves out one of its rules.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { acceptCommand } from '../../src/protocol/work.ts';
import { type CarryingRules, RULES, type Rules } from './scope.ts';

/** In a joint epoch the members after it decide alone (C1). */
export const DECIDED_BY_THOSE_AFTER: Rules = {
  ...RULES,
  configuration: configuration => {
    const { joint } = configuration;
    return joint === undefined
      ? configuration
      : { ...configuration, joint: { ...joint, before: joint.after } };
  },
};

/** In a joint epoch the members before it decide alone (C1). */
export const DECIDED_BY_THOSE_BEFORE: Rules = {
  ...RULES,
  configuration: configuration => {
    const { joint } = configuration;
    return joint === undefined
      ? configuration
      : { ...configuration, joint: { ...joint, after: joint.before } };
  },
};

/** Acceptors that go on answering in an epoch after they have adopted a later one (C2). */
export const EARLIER_EPOCH_ANSWERED: Rules = { ...RULES, adopts: (own, asked) => Math.max(own, asked) };

/** Nothing is copied, and nothing is missed (C3). The floor is raised all the same. */
export const NOTHING_COPIED: Rules = withCarrying(carrying => ({
  highest: carrying.highest,
  missing: [],
  copiesFor: () => [],
  receive: () => true,
}));

/** A copy that was refused counts as one that was taken (C3). */
export const REFUSED_COPY_COUNTED: Rules = withCarrying(carrying => {
  const highest = (acceptor: string) => carrying.copiesFor(acceptor)[0]?.accepted ?? ZERO_BALLOT;
  return {
    highest: carrying.highest,
    get missing() {
      return carrying.missing;
    },
    copiesFor: acceptor => carrying.copiesFor(acceptor),
    receive: (acceptor, reply) =>
      carrying.receive(acceptor, reply.kind === 'copied' ? { ...reply, accepted: highest(acceptor) } : reply),
  };
});

/** A round goes on over an epoch, with the votes that it has from the one before (C4). */
export const ROUND_KEPT: Rules = {
  ...RULES,
  restart(instance, { effects }) {
    const { key, work } = instance;
    if (work.phase === 'preparing')
      effects.broadcast.push({ kind: 'prepare', key, ballot: work.round.ballot });
    if (work.phase === 'accepting') effects.broadcast.push(acceptCommand(key, work.round));
    return instance;
  },
};

/** The members after are not bound by what those before have promised (C5). */
export const FLOOR_NOT_RAISED: Rules = withCarrying(carrying => ({
  highest: ZERO_BALLOT,
  get missing() {
    return carrying.missing;
  },
  copiesFor: acceptor => carrying.copiesFor(acceptor),
  receive: (acceptor, reply) => carrying.receive(acceptor, reply),
}));

function withCarrying(broken: (carrying: CarryingRules) => CarryingRules): Rules {
  return {
    ...RULES,
    carrying: (configuration, told) => broken(RULES.carrying(configuration, told)),
  };
}
