// What may happen next while a partition moves, beside messages between proposers and acceptors: maps get around, and
// whoever moves it goes on.

import { configurationIn } from './epochs.ts';
import { at, Interner, keyOfData, Memo } from './interning.ts';
import {
  beginAgain,
  decide,
  FRESH_MOVER,
  hearKeys,
  hearMoved,
  type MoverState,
  mapDecidedBy,
  orderOf,
  renamedMover,
} from './mover.ts';
import { epochOfGroup, placeBy } from './places.ts';
import { learnEvents } from './routed.ts';
import type { Move } from './scope.ts';
import type { Visit } from './successors.ts';
import type { Tables } from './tables.ts';
import type { World } from './world.ts';

interface At {
  readonly world: World;
  readonly visit: Visit;
}

/** Lets something happen to a proposer. */
type Happen = (
  world: World,
  what: { readonly proposer: number; readonly event: number },
  visit: Visit,
) => void;

/** The states of the mover, by number. */
export class MoverTable {
  readonly #tables: Tables;
  readonly #move: Move;
  readonly #states = new Interner<MoverState>(keyOfData);
  readonly #renamed = new Memo<number>();
  readonly fresh = this.#states.id(FRESH_MOVER);

  constructor(tables: Tables, move: Move) {
    this.#tables = tables;
    this.#move = move;
  }

  state(id: number): MoverState {
    return this.#states.value(id);
  }

  renamed(id: number, permutation: number): number {
    return this.#renamed.get(id, permutation, () => {
      return this.#states.id(renamedMover(this.state(id), this.#tables.renaming(permutation)));
    });
  }

  /** The world after the mover has come to that state. */
  with(world: World, state: MoverState): World {
    const before = this.state(world.operator).phase;
    if (before !== state.phase) this.#tables.seen.add(`mover: ${before} → ${state.phase}`);
    return { ...world, operator: this.#states.id(state) };
  }

  get move(): Move {
    return this.#move;
  }

  /** The proposer that its desk is at. */
  deskOf({ again }: MoverState): number | undefined {
    return this.#move.desks[again];
  }

  /** A proposer has done, or not, what the mover had it do. */
  heard(world: World, proposer: number, isDone: boolean): World {
    const state = this.state(world.operator);
    return this.deskOf(state) === proposer ? this.with(world, hearMoved(state, isDone)) : world;
  }
}

export function moveSteps(tables: Tables, mover: MoverTable, { world, visit }: At, happen: Happen): void {
  const state = mover.state(world.operator);
  const decided = mapDecidedBy(state);
  for (const event of learnEvents()) {
    if (event.map > decided) continue;
    const id = tables.events.id(event);
    world.proposers.forEach((_, proposer) => {
      happen(world, { proposer, event: id }, visit);
    });
  }
  const desk = mover.deskOf(state);
  const order = orderOf(state);
  if (desk !== undefined && order !== undefined)
    happen(
      mover.with(world, { ...state, isWaiting: true }),
      { proposer: desk, event: tables.events.id({ kind: order, map: decided }) },
      visit,
    );
  const after = decide(state, mover.move);
  if (after !== undefined) visit(mover.with(world, after), () => `the mover decides; it is ${after.phase}`);
  if (state.phase === 'listing') tellKeys(tables, mover, { world, visit });
  const again = beginAgain(state);
  if (again !== undefined && mover.deskOf(again) !== undefined)
    visit(mover.with(world, again), () => 'another mover begins again');
}

function tellKeys(tables: Tables, mover: MoverTable, { world, visit }: At): void {
  const state = mover.state(world.operator);
  const group = configurationIn(tables.epochs, epochOfGroup(placeBy(2 * state.moves).group));
  for (const acceptor of group.acceptors) {
    const slot = tables.slots.value(at(world.slots, tables.acceptors.indexOf(acceptor)));
    const after = hearKeys(tables.rules, group, state, { acceptor, slot });
    visit(mover.with(world, after), () => `${acceptor} tells its keys; the mover is ${after.phase}`);
  }
}
