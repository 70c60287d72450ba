// The judge: what must hold in every state that can be reached.

import { type Ballot, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { isRead } from '../../src/protocol/operation.ts';
import { isQuorum } from '../../src/protocol/quorum.ts';
import { UNSET, type View, viewOf } from '../../src/protocol/state.ts';
import { sameValue } from '../../src/protocol/value.ts';
import { configurationIn } from './epochs.ts';
import { at, keyOfData, Memo } from './interning.ts';
import { nameOf, requestOf, type Sent } from './proposer.ts';
import { answersOf, isLinearizable } from './recording.ts';
import { RuleBroken } from './rule-broken.ts';
import type { Script } from './scope.ts';
import type { Tables } from './tables.ts';
import type { World } from './world.ts';

type Accept = Sent & { readonly command: Extract<Sent['command'], { kind: 'accept' }> };

export class Judge {
  readonly #tables: Tables;
  readonly #chosen = new Map<string, number>();
  readonly #lineage = new Memo<number>();
  readonly #answers = new Memo<true>();
  readonly #linearizable = new Memo<true>();
  #lineages = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @throws RuleBroken */
  check(world: World): void {
    const chosen = this.#chosenIn(world);
    const lineage = this.#lineage.get(world.sent, chosen, () => {
      this.#checkLineage(world.sent, chosen);
      return this.#lineages++;
    });
    this.#answers.get(lineage, world.recording, () => this.#checkAnswers(world, chosen));
    this.#linearizable.get(world.recording, 0, () => this.#checkLinearizable(world.recording));
  }

  /** The accepts that a quorum of one epoch ever had accepted in it, whatever the proposers think. */
  #chosenIn({ accepted }: World): number {
    const key = accepted.join();
    const known = this.#chosen.get(key);
    if (known !== undefined) return known;
    const { sets, holdings, acceptors, epochs } = this.#tables;
    const held = accepted.map(ids => sets.value(ids));
    const won = [...new Set(held.flat())].filter(id => {
      const holders = acceptors.filter((_, i) => at(held, i).includes(id));
      const inEpoch = configurationIn(epochs, holdings.value(id).epoch);
      return isQuorum(inEpoch, holders);
    });
    const chosen = new Set(won.map(id => holdings.value(id).accept));
    const set = sets.id([...chosen].sort((a, b) => a - b));
    this.#chosen.set(key, set);
    return set;
  }

  #accepts(set: number): readonly Accept[] {
    const records = this.#tables.sets.value(set).map(id => this.#tables.sent.value(id));
    const accepts = records.filter((sent): sent is Accept => sent.command.kind === 'accept');
    // One that is sent again in a later epoch is the same one.
    return accepts.filter((accept, i) => !accepts.slice(0, i).some(other => isSame(accept, other)));
  }

  #checkLineage(sent: number, chosen: number): void {
    const issued = this.#accepts(sent);
    this.#checkOneValueEach(issued);
    for (const winner of this.#accepts(chosen)) {
      for (const later of issued) {
        if (compareBallots(later.command.ballot, winner.command.ballot) <= 0) continue;
        // Paxos Made Simple, P2b: what is issued above a chosen ballot builds on it.
        if (!lineOf(issued, later).some(ancestor => isSameBallot(ancestor, winner)))
          throw new RuleBroken('agreement', `${name(later)} does not descend from ${name(winner)}, chosen`);
      }
      const applied = this.#appliedBy(lineOf(issued, winner));
      const twice = applied.find((request, i) => applied.indexOf(request) !== i);
      if (twice !== undefined) throw new RuleBroken('once', `request ${twice} was applied twice`);
    }
  }

  #checkOneValueEach(issued: readonly Accept[]): void {
    for (const a of issued) {
      for (const b of issued) {
        if (a !== b && isSameBallot(a, b)) throw new RuleBroken('P1', `${name(a)} was used twice`);
      }
      const parent = issued.find(other => compareBallots(other.command.ballot, a.parent) === 0);
      const brought = issued.find(other => a.broughtFrom !== undefined && isOf(other, a.broughtFrom));
      const base = Math.max(
        0,
        ...[parent, brought].map(each => (each === undefined ? 0 : this.#version(each))),
      );
      const grown = this.#version(a) - base;
      if (grown < 0 || grown > a.applied.length)
        throw new RuleBroken(
          'version',
          `${name(a)} applies ${a.applied.length} requests, and grew by ${grown}`,
        );
    }
  }

  #version(accept: Accept): number {
    return this.#tables.stateIn(accept)?.version ?? 0;
  }

  #checkAnswers({ sent, recording }: World, chosen: number): true {
    const { scope } = this.#tables;
    const issued = this.#accepts(sent);
    const winners = this.#accepts(chosen);
    const applied = new Set(this.#appliedBy(winners.flatMap(winner => lineOf(issued, winner))));
    for (const { proposer, token, answer } of answersOf(this.#tables.recordings.value(recording))) {
      const script = at(scope.proposers, proposer);
      const request = nameOf(proposer, script, token);
      const isReading = isRead(requestOf(script, token).operation);
      switch (answer.kind) {
        case 'done':
          if (isReading ? !this.#isShown(script, winners, answer.view) : !applied.has(request))
            throw new RuleBroken('chosen first', `${request} is answered with what is not chosen`);
          break;
        case 'refused':
          if (applied.has(request)) throw new RuleBroken('P2', `${request} is refused and applied`);
          break;
        case 'no_quorum':
          if (issued.some(accept => accept.proposer === proposer && accept.applied.includes(token)))
            throw new RuleBroken('P2', `${request} is answered no_quorum after it was sent`);
          break;
        case 'unknown':
          break;
      }
    }
    return true;
  }

  /** Whether some chosen value looks like that. Within a batch, reads see what is between two values. */
  #isShown(script: Script, winners: readonly Accept[], view: View): boolean {
    if (script.batches.some(batch => batch.length > 1)) return true;
    const chosen = [UNSET, ...winners.flatMap(winner => this.#tables.stateIn(winner) ?? [])].map(viewOf);
    return chosen.some(({ set, value, version }) => {
      return set === view.set && version === view.version && sameValue(value, view.value);
    });
  }

  /** The names of the requests that took effect in a line of accepts. */
  #appliedBy(line: readonly Accept[]): readonly string[] {
    return [...new Set(line)].flatMap(({ proposer, applied }) =>
      applied.map(token => nameOf(proposer, at(this.#tables.scope.proposers, proposer), token)),
    );
  }

  #checkLinearizable(recording: number): true {
    const { scope, recordings } = this.#tables;
    if (isLinearizable(scope, recordings.value(recording))) return true;
    throw new RuleBroken('linearizable', `no order explains ${keyOfData(recordings.value(recording))}`);
  }
}

/** The accept and all that it builds on, newest first. */
function lineOf(issued: readonly Accept[], accept: Accept): readonly Accept[] {
  const line = [accept];
  for (const each of line) {
    const { parent, broughtFrom = ZERO_BALLOT } = each;
    const bases = issued.filter(other => isOf(other, parent) || isOf(other, broughtFrom));
    line.push(...bases.filter(base => !line.includes(base)));
  }
  return line;
}

function isOf({ command }: Accept, ballot: Ballot): boolean {
  return compareBallots(command.ballot, ballot) === 0;
}

function isSameBallot(a: Accept, b: Accept): boolean {
  return compareBallots(a.command.ballot, b.command.ballot) === 0;
}

function isSame(a: Accept, b: Accept): boolean {
  return a.epoch !== b.epoch && isSameBallot(a, b) && sameBytes(a.command.value, b.command.value);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function name({ command }: Accept): string {
  return `ballot ${command.ballot.counter} of ${command.ballot.proposer}`;
}
