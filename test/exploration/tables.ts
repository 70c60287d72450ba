// The tables of one exploration: every part of a state that was met, by number, and every step that was
// computed. Owns the calls into the protocol; what steps there are is successors.ts.

import { TwoValuesError } from '../../src/protocol/acceptor.ts';
import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { remainsOf } from '../../src/protocol/collected.ts';
import type { Reply } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { RegisterState } from '../../src/protocol/state.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { type Epochs, epochsOf, keepsRoles, rolesOf } from './epochs.ts';
import { at, Interner, keyOfData, Memo } from './interning.ts';
import { MoverTable } from './move-steps.ts';
import { OperatorTable } from './operator-table.ts';
import {
  COLLECTED_ABOVE,
  FRESH,
  incarnationOf,
  type Proposer,
  type ProposerEvent,
  type ProposerState,
  type Sent,
  step,
} from './proposer.ts';
import type { Recording } from './recording.ts';
import { type Permutation, permutations, type Rename, renamed, renamedFloor } from './renaming.ts';
import { FRESH_ROUTED, renamedRouted, routedStep } from './routed.ts';
import { RuleBroken } from './rule-broken.ts';
import { type Acceptor, EMPTY_ACCEPTOR, type Rules, type Scope } from './scope.ts';
import { staleReplies } from './stale-replies.ts';
import { vote } from './vote.ts';

/** Numbers for a set of numbers: a set is one number too. */
type Ids = readonly number[];

const OWN_EVENTS = ['ask', 'begin', 'settle', 'deadline', 'crash'] as const;

interface Holding {
  readonly accept: number;
  readonly epoch: number;
}

export interface StepIds {
  readonly state: number;
  readonly sent: Ids;
  readonly answers: NonNullable<ReturnType<typeof step>>['answers'];
  readonly moved: boolean | undefined;
}

export class Tables {
  readonly scope: Scope;
  readonly acceptors: readonly string[];
  readonly epochs: Epochs;
  /** What tells acceptors apart beside their names. */
  readonly roles: readonly string[];
  readonly proposers: readonly Proposer[];
  readonly permutations: readonly Permutation[];
  readonly slots = new Interner<Acceptor>(keyOfData);
  readonly sent = new Interner<Sent>(keyOfData);
  readonly events = new Interner<ProposerEvent>(keyOfData);
  readonly sets = new Interner<Ids>(ids => ids.join());
  readonly recordings = new Interner<Recording>(keyOfData);
  readonly states: readonly Interner<ProposerState>[];
  /** Undefined where nobody changes the members. */
  readonly operator: OperatorTable | undefined;
  /** Undefined where nothing moves. */
  readonly mover: MoverTable | undefined;
  /** What an acceptor ever had accepted, and in which epoch that could be seen. */
  readonly holdings = new Interner<Holding>(({ accept, epoch }) => `${accept} ${epoch}`);
  /** Every change of phase, and what it was answered with: what shows that the exploration was not idle. */
  readonly seen = new Set<string>();
  /** What may happen to a proposer by itself. */
  readonly ownEvents: readonly number[];
  /** What may happen to it once another epoch was decided, by its number. */
  readonly epochEvents: ReadonlyMap<number, number>;
  readonly rules: Rules;
  readonly #votes = new Memo<{ readonly slot: number; readonly reply: Reply }>();
  readonly #replies = new Memo<readonly number[]>();
  readonly #steps: readonly Memo<StepIds | 'impossible'>[];
  readonly #renamedStates: readonly Memo<number>[];
  readonly #renamedSets = new Memo<number>();
  readonly #with = new Memo<number>();

  /** Whether states that tell nothing new are left out. */
  readonly reduced: boolean;

  constructor(scope: Scope, rules: Rules, reduced: boolean) {
    this.scope = scope;
    this.reduced = reduced;
    this.rules = rules;
    this.acceptors = Array.from({ length: scope.acceptors }, (_, i) => String.fromCharCode(97 + i));
    this.epochs = epochsOf(scope, this.acceptors);
    this.roles = rolesOf(this.epochs, this.acceptors);
    this.proposers = scope.proposers.map((script, index) => {
      return { index, script, rules, epochs: this.epochs };
    });
    this.ownEvents = OWN_EVENTS.map(kind => this.events.id({ kind }));
    const later = scope.move === undefined ? this.epochs.slice(1).map(({ epoch }) => epoch) : [];
    this.epochEvents = new Map(later.map(epoch => [epoch, this.events.id({ kind: 'epoch', epoch })]));
    this.operator = scope.change && new OperatorTable(this, rules);
    this.mover = scope.move && new MoverTable(this, scope.move);
    const all = reduced ? permutations(scope.acceptors) : [this.acceptors.map((_, i) => i)];
    this.permutations = all.filter(permutation => keepsRoles(this.roles, permutation));
    this.states = scope.proposers.map(() => new Interner<ProposerState>(keyOfData));
    this.#steps = scope.proposers.map(() => new Memo());
    this.#renamedStates = scope.proposers.map(() => new Memo());
  }

  emptySlotOf(acceptor: string): number {
    const { epoch } = this.scope.move === undefined ? EMPTY_ACCEPTOR : this.#groupOf(acceptor);
    return this.slots.id({ ...EMPTY_ACCEPTOR, epoch });
  }

  #groupOf(acceptor: string): Configuration {
    const group = this.epochs.find(({ acceptors }) => acceptors.includes(acceptor));
    if (group === undefined) throw new Error(`${acceptor} is of no group`);
    return group;
  }

  freshState(proposer: number): number {
    const fresh = this.scope.move === undefined ? FRESH : { ...FRESH, routed: FRESH_ROUTED };
    return at(this.states, proposer).id(fresh);
  }

  /** The set with one more in it. */
  with(set: number, id: number): number {
    return this.#with.get(set, id, () => {
      const ids = this.sets.value(set);
      return ids.includes(id) ? set : this.sets.id([...ids, id].sort((a, b) => a - b));
    });
  }

  /**
   * What an acceptor makes of a command: its slot, and the event of each acceptor's reply; undefined when it does not
   * answer in that epoch (C2).
   */
  vote(
    slot: number,
    sent: number,
  ): { readonly slot: number; readonly events: readonly number[] } | undefined {
    const { epoch } = this.sent.value(sent);
    if (this.rules.adopts(this.slots.value(slot).epoch, epoch) === undefined) return undefined;
    const { slot: after, reply } = this.#votes.get(slot, sent, () => this.#vote(slot, sent));
    const events = this.#replies.get(slot, sent, () =>
      this.acceptors.map(acceptor => this.events.id({ kind: 'reply', acceptor, epoch, reply })),
    );
    return { slot: after, events };
  }

  #vote(slot: number, sent: number): { readonly slot: number; readonly reply: Reply } {
    const own = this.slots.value(slot);
    const { command, epoch } = this.sent.value(sent);
    const before = { ...own, epoch: this.rules.adopts(own.epoch, epoch) ?? own.epoch };
    try {
      const { slot: after, reply } = vote(this.rules, before, command);
      // D2: a promise may become one of the partition.
      if (compareBallots(maxBallot(after.promised, after.floor), before.promised) < 0)
        throw new RuleBroken('A1', 'a promise went backwards');
      if (
        compareBallots(after.returned?.promised ?? ZERO_BALLOT, before.returned?.promised ?? ZERO_BALLOT) < 0
      )
        throw new RuleBroken('A1', 'a promise of a later stay went backwards');
      if (compareBallots(after.floor, before.floor) < 0) throw new RuleBroken('A1', 'a floor went backwards');
      if (reply.kind !== 'collected' && compareBallots(after.accepted, before.accepted) < 0)
        throw new RuleBroken('A1', 'an accepted ballot went backwards');
      return { slot: this.slots.id(after), reply };
    } catch (error) {
      if (error instanceof TwoValuesError) throw new RuleBroken('A2', error.message);
      throw error;
    }
  }

  get collectedFrom(): number {
    return this.rules.collectedFrom(this.acceptors.length);
  }

  /** The command that collects what that accept deleted; undefined where it is no accept of a delete. */
  collectOf(id: number): number | undefined {
    const sent = this.sent.value(id);
    const { command } = sent;
    const state = this.stateIn(sent);
    if (command.kind !== 'accept' || state === undefined || state.set) return undefined;
    const counter = command.ballot.counter + COLLECTED_ABOVE;
    const collect = {
      kind: 'collect',
      key: command.key,
      ballot: { counter, proposer: 'z' },
      accepted: command.ballot,
      remains: encodeState(remainsOf(state, counter)),
    } as const;
    const { proposer, epoch } = sent;
    return this.sent.id({
      proposer,
      epoch,
      incarnation: 'collector',
      command: collect,
      parent: ZERO_BALLOT,
      applied: [],
    });
  }

  step(proposer: number, state: number, event: number): StepIds | undefined {
    const result = at(this.#steps, proposer).get(state, event, () => this.#step(proposer, state, event));
    return result === 'impossible' ? undefined : result;
  }

  #step(index: number, state: number, event: number): StepIds | 'impossible' {
    const proposer = at(this.proposers, index);
    const before = at(this.states, index).value(state);
    const { routed } = before;
    const what = this.events.value(event);
    const result =
      routed === undefined ? step(proposer, before, what) : routedStep(proposer, { ...before, routed }, what);
    if (result === undefined) return 'impossible';
    this.#note(before, result);
    const after = this.#stateId(index, result.state, acceptor => acceptor);
    const sent = result.sent.map(each => this.sent.id(each));
    return { state: after, sent, answers: result.answers, moved: result.moved };
  }

  #stateId(index: number, state: ProposerState, rename: Rename): number {
    const states = at(this.states, index);
    const known = states.size;
    const id = states.id({
      ...state,
      instance: renamed(state.instance, rename),
      floor: renamedFloor(state.floor, rename),
      ...(state.routed === undefined ? {} : { routed: renamedRouted(state.routed, rename) }),
    });
    if (id === known && state.routed === undefined) this.#checkStale(index, id);
    return id;
  }

  /** P3: the replies to earlier rounds, which the exploration leaves out, change nothing at any time. */
  #checkStale(index: number, id: number): void {
    const proposer = at(this.proposers, index);
    const state = at(this.states, index).value(id);
    for (const reply of staleReplies(state)) {
      const result = step(proposer, state, {
        kind: 'reply',
        acceptor: at(this.acceptors, 0),
        epoch: state.epoch,
        reply,
      });
      const isSame = result !== undefined && keyOfData(result.state) === keyOfData(state);
      if (!isSame || result.sent.length > 0 || result.answers.length > 0)
        throw new RuleBroken('P3', `a late ${reply.kind} was not ignored`);
    }
  }

  #note(before: ProposerState, { state, answers, seen = [] }: NonNullable<ReturnType<typeof step>>): void {
    for (const what of seen) this.seen.add(what);
    if (state.routed !== undefined) return;
    const change = `${before.instance.work.phase} → ${state.instance.work.phase}`;
    this.seen.add(change);
    for (const { answer } of answers) this.seen.add(`${change}: ${answer.kind}`);
  }

  /** The first of these commands that had this ballot accepted. A copy is no accept of its own. */
  acceptOf(sent: number, ballot: Ballot): number | undefined {
    return this.sets.value(sent).find(id => {
      const { command } = this.sent.value(id);
      return command.kind === 'accept' && compareBallots(command.ballot, ballot) === 0;
    });
  }

  /** Is that the incarnation that still runs? */
  isRunning(proposer: number, state: number, incarnation: string): boolean {
    return (
      incarnationOf(at(this.proposers, proposer), at(this.states, proposer).value(state)) === incarnation
    );
  }

  renamedState(proposer: number, state: number, permutation: number): number {
    return at(this.#renamedStates, proposer).get(state, permutation, () => {
      return this.#stateId(proposer, at(this.states, proposer).value(state), this.renaming(permutation));
    });
  }

  /** A set of reply events with the acceptors renamed. */
  renamedEvents(set: number, permutation: number): number {
    return this.#renamedSets.get(set, permutation, () => {
      const rename = this.renaming(permutation);
      const events = this.sets.value(set).map(id => {
        const event = this.events.value(id);
        return event.kind === 'reply' ? this.events.id({ ...event, acceptor: rename(event.acceptor) }) : id;
      });
      return this.sets.id(events.sort((a, b) => a - b));
    });
  }

  renaming(permutation: number): Rename {
    const places = at(this.permutations, permutation);
    return acceptor => at(this.acceptors, places.indexOf(this.acceptors.indexOf(acceptor)));
  }

  /** The register's state that an accept carries. */
  stateIn(sent: Sent): RegisterState | undefined {
    return sent.command.kind === 'accept' ? decodeState(sent.command.value) : undefined;
  }
}
