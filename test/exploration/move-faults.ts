// Negative controls of moves between groups: each leaves out one of their rules.

import { UNSET } from '../../src/protocol/state.ts';
import { encodeState } from '../../src/transport/state-codec.ts';
import { RULES, type Rules } from './scope.ts';

/** Acceptors that go on answering reads of a stay that they have closed (G1). */
export const CLOSED_READ: Rules = answeringClosed('read');

/** Acceptors that go on voting for values in a stay that they have closed (G1). */
export const CLOSED_VOTED: Rules = answeringClosed('accept');

/** A register of a later stay has the name of the one that the group kept first (G2). */
export const NAMES_SHARED: Rules = { ...RULES, hasOwnName: () => false };

/** What one acceptor has is taken for all there is (G3). */
export const FETCHED_FROM_ONE: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const isFetched = instance.work.phase === 'fetching' && reply.kind === 'report';
    const alone = { ...context, configuration: { ...context.configuration, acceptors: [acceptor] } };
    return RULES.receive(instance, acceptor, reply, isFetched ? alone : context);
  },
};

/** What is fetched is taken for nothing, so that keys are used in the next stay as if they were new (G3). */
export const NOTHING_BROUGHT: Rules = {
  ...RULES,
  told(told) {
    if (told.kind !== 'answered' || told.answer.kind !== 'done' || told.answer.whole === undefined)
      return told;
    return { ...told, answer: { ...told.answer, whole: UNSET } };
  },
};

/** What is brought takes the place of whatever is there (G3). */
export const BROUGHT_OVER: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const { work } = instance;
    const isBringing =
      work.phase === 'preparing' &&
      work.batch.some(({ request }) => request.operation.type === 'state.bring');
    const isBlind = isBringing && reply.kind === 'promised';
    const blind = isBlind ? { ...reply, value: encodeState(UNSET) } : reply;
    return RULES.receive(instance, acceptor, blind, context);
  },
};

/** Keys are listed by any quorum, whether it has closed the stay or not (G4). */
export const LISTED_WHILE_OPEN: Rules = {
  ...RULES,
  keysOfStay: (configuration, told, stay) => {
    const closed = new Map([...told].map(([acceptor, what]) => [acceptor, { ...what, closedTo: stay }]));
    return RULES.keysOfStay(configuration, closed, stay);
  },
};

/** A move ends without its keys (G4). */
export const ENDED_WITHOUT_KEYS: Rules = {
  ...RULES,
  keysOfStay: (...told) => (RULES.keysOfStay(...told) === undefined ? undefined : []),
};

function answeringClosed(kind: 'read' | 'accept'): Rules {
  return {
    ...RULES,
    voteClosed: (slot, command, surroundings) =>
      RULES.voteClosed(
        slot,
        command,
        command.kind === kind ? { ...surroundings, closedTo: undefined } : surroundings,
      ),
  };
}
