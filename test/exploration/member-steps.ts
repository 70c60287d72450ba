// What may happen next while members change, beside messages between proposers and acceptors: an acceptor tells the operator
// what it has, or the operator begins again.

import { configurationIn, JOINT_EPOCH } from './epochs.ts';
import { at } from './interning.ts';
import type { OperatorStepIds, OperatorTable } from './operator-table.ts';
import type { Visit } from './successors.ts';
import type { Tables } from './tables.ts';
import type { World } from './world.ts';

interface At {
  readonly world: World;
  readonly visit: Visit;
}

export function memberSteps(tables: Tables, operator: OperatorTable, { world, visit }: At): void {
  const { acceptors } = configurationIn(tables.epochs, JOINT_EPOCH);
  const { phase, told } = operator.state(world.operator);
  for (const name of phase === 'telling' ? acceptors : []) {
    if (!told.some(({ acceptor }) => acceptor === name)) tell(tables, operator, name, { world, visit });
  }
  const again = operator.again(world.operator);
  if (again !== undefined) visit({ ...world, operator: again }, () => 'the operator begins again');
}

/** It adopts the joint epoch before it tells (C2, C3). */
function tell(tables: Tables, operator: OperatorTable, name: string, { world, visit }: At): void {
  const acceptor = tables.acceptors.indexOf(name);
  const before = tables.slots.value(at(world.slots, acceptor));
  if (before.epoch > JOINT_EPOCH) return;
  const slot = tables.slots.id({ ...before, epoch: JOINT_EPOCH });
  const adopted = withSlot(tables, world, { acceptor, slot, epoch: JOINT_EPOCH });
  const step = operator.told(world.operator, acceptor, slot);
  visit(withOperator(tables, adopted, step), () => {
    return `${name} tells what it has; the operator is ${operator.state(step.state).phase}`;
  });
}

export function withOperator(tables: Tables, world: World, { state, sent }: OperatorStepIds): World {
  return { ...world, operator: state, sent: sent.reduce((set, id) => tables.with(set, id), world.sent) };
}

/** The world after an acceptor has answered in an epoch: what it has accepted could be seen there. */
export function withSlot(
  tables: Tables,
  world: World,
  { acceptor, slot, epoch }: { readonly acceptor: number; readonly slot: number; readonly epoch: number },
): World {
  if (at(world.slots, acceptor) === slot) return world;
  const slots = world.slots.with(acceptor, slot);
  const { accepted, returned } = tables.slots.value(slot);
  const held = [accepted, ...(returned === undefined ? [] : [returned.accepted])].reduce(
    (set, ballot) => {
      const accept = tables.acceptOf(world.sent, ballot);
      return accept === undefined ? set : tables.with(set, tables.holdings.id({ accept, epoch }));
    },
    at(world.accepted, acceptor),
  );
  return { ...world, slots, accepted: world.accepted.with(acceptor, held) };
}
