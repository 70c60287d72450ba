// What every ballot of every register stood for, as durable on any acceptor ever: the ground on which it is
// judged what was chosen. A value is chosen once a quorum of acceptors accepted its ballot, be it one after
// another (Paxos Made Simple, section 2.1).

import { type Ballot, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { sameValue } from '../../src/protocol/value.ts';
import { decodeState } from '../../src/transport/state-codec.ts';
import { describeBallot, describeState } from './description.ts';
import { type Rule, Violation } from './violation.ts';

export interface Voter {
  readonly acceptor: string;
  /** Tells it from another one that had its name before. */
  readonly store: string;
  readonly epoch: number;
}

interface Page {
  readonly ballot: Ballot;
  readonly value: Uint8Array;
  readonly state: RegisterState;
  /** The disks that ever had it, and those who accepted it by the epoch they did so in. */
  readonly stores: Set<string>;
  readonly voters: Map<number, Set<string>>;
  isChosen: boolean;
}

export class BallotBook {
  readonly #isQuorum: (epoch: number, voters: readonly string[]) => boolean;
  readonly #keys = new Map<string, Map<string, Page>>();
  readonly #highest = new Map<string, Page>();
  readonly #onChosen: (key: string, state: RegisterState) => void;

  constructor(
    isQuorum: (epoch: number, voters: readonly string[]) => boolean,
    onChosen: (key: string, state: RegisterState) => void,
  ) {
    this.#isQuorum = isQuorum;
    this.#onChosen = onChosen;
  }

  /** A proposer asked for this value under this ballot. */
  asked(key: string, ballot: Ballot, value: Uint8Array): void {
    this.#page(key, { ballot, value, rule: 'P1 a ballot is used for at most one value' });
  }

  /** An acceptor has it on disk, for which it voted. */
  accepted(key: string, voter: Voter, { ballot, value }: { ballot: Ballot; value: Uint8Array }): void {
    const { acceptor, epoch, store } = voter;
    const page = this.#page(key, { ballot, value, rule: 'A2 one ballot carries at most one value' });
    if (page.stores.has(store)) return;
    this.#hold(key, store, page);
    const voters = (page.voters.get(epoch) ?? new Set()).add(acceptor);
    page.voters.set(epoch, voters);
    if (page.isChosen || !this.#isQuorum(epoch, [...voters])) return;
    page.isChosen = true;
    this.#onChosen(key, page.state);
    for (const later of this.#keys.get(key)?.values() ?? []) {
      const isLater = later.stores.size > 0 && compareBallots(later.ballot, ballot) > 0;
      if (isLater) descends(key, later, page);
    }
    const highest = this.#highest.get(key);
    if (highest === undefined || compareBallots(ballot, highest.ballot) > 0) this.#highest.set(key, page);
  }

  /** An acceptor has it on disk, and that is no vote. */
  copied(
    key: string,
    { store }: Pick<Voter, 'store'>,
    { ballot, value }: { ballot: Ballot; value: Uint8Array },
  ): void {
    this.#hold(
      key,
      store,
      this.#page(key, { ballot, value, rule: 'A2 one ballot carries at most one value' }),
    );
  }

  #hold(key: string, store: string, page: Page): void {
    page.stores.add(store);
    const highest = this.#highest.get(key);
    if (highest !== undefined && compareBallots(page.ballot, highest.ballot) > 0)
      descends(key, page, highest);
  }

  /** What has been asked for or was on any disk under this ballot. */
  known(key: string, ballot: Ballot): Readonly<{ ballot: Ballot; value: Uint8Array }> | undefined {
    return this.#keys.get(key)?.get(describeBallot(ballot));
  }

  /** Whether this disk ever had exactly this. */
  wasAccepted(
    key: string,
    store: string,
    { ballot, value }: { ballot: Ballot; value?: Uint8Array },
  ): boolean {
    if (compareBallots(ballot, ZERO_BALLOT) === 0) return value === undefined || value.length === 0;
    const page = this.#keys.get(key)?.get(describeBallot(ballot));
    if (page === undefined || !page.stores.has(store)) return false;
    return value === undefined || sameBytes(page.value, value);
  }

  /** Whether a round of `proposer` that made this version current was chosen. */
  wasChosen(key: string, proposer: string, version: number): boolean {
    for (const { isChosen, ballot, state } of this.#keys.get(key)?.values() ?? []) {
      if (isChosen && ballot.proposer === proposer && state.version === version) return true;
    }
    return false;
  }

  #page(key: string, { ballot, value, rule }: { ballot: Ballot; value: Uint8Array; rule: Rule }): Page {
    let pages = this.#keys.get(key);
    if (pages === undefined) {
      pages = new Map();
      this.#keys.set(key, pages);
    }
    const name = describeBallot(ballot);
    const known = pages.get(name);
    if (known === undefined) {
      const state = value.length === 0 ? UNSET : decodeState(value);
      const page = { ballot, value, state, stores: new Set<string>(), voters: new Map(), isChosen: false };
      pages.set(name, page);
      return page;
    }
    if (sameBytes(known.value, value)) return known;
    const both = `${describeState(known.state)} and ${describeState(decodeState(value))}`;
    throw new Violation(rule, `Ballot ${name} of '${key}' stands for ${both}`);
  }
}

/** Whatever is accepted above a chosen ballot builds on what was chosen there. */
function descends(key: string, later: Page, chosen: Page): void {
  const { state, ballot } = later;
  const base = chosen.state;
  // The kind of a register goes with its life (D3).
  const isOfKind = state.kind === base.kind || (!base.set && state.collected > base.collected);
  const isSame = state.set === base.set && isOfKind && sameValue(state.value, base.value);
  if (state.version > base.version || (state.version === base.version && isSame)) return;
  throw new Violation(
    'agreement',
    `${describeBallot(chosen.ballot)} of '${key}' was chosen with ${describeState(base)}, ` +
      `and the higher ${describeBallot(ballot)} was accepted with ${describeState(state)}`,
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0;
}
