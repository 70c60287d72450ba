// The states of whoever changes the members, by number, and what follows on each.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { configurationIn, JOINT_EPOCH } from './epochs.ts';
import { at, Interner, keyOfData, Memo } from './interning.ts';
import {
  beginAgain,
  decidedBy,
  FRESH_OPERATOR,
  hearReply,
  hearTold,
  OPERATOR,
  OPERATOR_NAME,
  type Operator,
  type OperatorState,
  type OperatorStep,
  renamedOperator,
} from './operator.ts';
import type { Rules } from './scope.ts';
import type { Tables } from './tables.ts';

export interface OperatorStepIds {
  readonly state: number;
  readonly sent: readonly number[];
}

export class OperatorTable {
  readonly #tables: Tables;
  readonly #operator: Operator;
  readonly #states = new Interner<OperatorState>(keyOfData);
  readonly #told = new Memo<OperatorStepIds>();
  readonly #heard = new Memo<OperatorStepIds>();
  readonly #renamed = new Memo<number>();
  readonly fresh = this.#states.id(FRESH_OPERATOR);

  constructor(tables: Tables, rules: Rules) {
    this.#tables = tables;
    this.#operator = { rules, joint: rules.configuration(configurationIn(tables.epochs, JOINT_EPOCH)) };
  }

  state(id: number): OperatorState {
    return this.#states.value(id);
  }

  /** The highest epoch that anybody may adopt. */
  decided(id: number): number {
    return decidedBy(this.state(id));
  }

  /** What comes of it that an acceptor tells what it has. */
  told(id: number, acceptor: number, slot: number): OperatorStepIds {
    const { acceptors, slots } = this.#tables;
    const name = at(acceptors, acceptor);
    return this.#told.get(id, slot * acceptors.length + acceptor, () =>
      this.#step(id, state => hearTold(this.#operator, state, name, slots.value(slot))),
    );
  }

  /** What comes of the answer of an acceptor. */
  heard(id: number, event: number): OperatorStepIds {
    return this.#heard.get(id, event, () => {
      const what = this.#tables.events.value(event);
      if (what.kind !== 'reply') throw new TypeError(`The operator knows no '${what.kind}'`);
      return this.#step(id, state => hearReply(this.#operator, state, what.acceptor, what.reply));
    });
  }

  /** Undefined when it cannot begin again, or may not. */
  again(id: number): number | undefined {
    const state = this.state(id);
    const after = state.again === this.#tables.scope.change?.againMax ? undefined : beginAgain(state);
    return after && this.#states.id(after);
  }

  renamed(id: number, permutation: number): number {
    return this.#renamed.get(id, permutation, () => {
      return this.#states.id(renamedOperator(this.state(id), this.#tables.renaming(permutation)));
    });
  }

  #step(id: number, step: (state: OperatorState) => OperatorStep): OperatorStepIds {
    const before = this.state(id);
    const { state, sent } = step(before);
    this.#tables.seen.add(`members: ${before.phase} → ${state.phase}`);
    const from = { proposer: OPERATOR, incarnation: OPERATOR_NAME, epoch: JOINT_EPOCH };
    const ids = sent.map(command => {
      return this.#tables.sent.id({ ...from, command, parent: ZERO_BALLOT, applied: [] });
    });
    return { state: this.#states.id(state), sent: ids };
  }
}
