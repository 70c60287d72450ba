// The safety monitor: watches disks and messages from outside, all the time. Throws the Violation it sees.

import type { AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import type { ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { isEmpty, type Slot } from '../../src/protocol/acceptor.ts';
import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { configurationOf } from '../../src/protocol/membership.ts';
import type { Memory } from '../../src/protocol/memory.ts';
import type { Reply } from '../../src/protocol/messages.ts';
import { floorName, isKey, partitionOf } from '../../src/protocol/partition.ts';
import { type Configuration, isQuorum } from '../../src/protocol/quorum.ts';
import { isClosed, stayOf } from '../../src/protocol/stays.ts';
import { CLOSED_NAME, closedOf } from '../../src/storage/closed-record.ts';
import { BallotBook } from './ballot-book.ts';
import type { Coverage } from './coverage.ts';
import { describeBallot, describeReply } from './description.ts';
import type { Disk, OnDurable } from './disk.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

export class Monitor {
  readonly #book: BallotBook;
  readonly #cluster: string;
  readonly #epochs: Map<number, Configuration>;
  /** The acceptors whose disks went back in time, and whether the others must have told them so. */
  readonly #coverage: Coverage;
  readonly #forgetful = new Map<string, { readonly isKnownToPeers: boolean }>();
  /** Registers that any acceptor has dropped. */
  readonly #collected = new Set<string>();
  /** The store of each acceptor that has the name of an earlier one. */
  readonly #renewed = new Map<string, string>();

  constructor({ coverage, trace }: World, first: Configuration) {
    this.#cluster = first.cluster;
    this.#coverage = coverage;
    this.#epochs = new Map([[first.epoch, first]]);
    const isQuorumIn = (epoch: number, voters: readonly string[]): boolean => {
      const configuration = this.#epochs.get(epoch);
      return configuration !== undefined && isQuorum(configuration, voters);
    };
    this.#book = new BallotBook(isQuorumIn, (key, { version, set, collected }) => {
      coverage.count('chosen value');
      if (set && collected > 0) {
        const isOwn = this.#collected.has(key);
        coverage.count(isOwn ? 'register created again' : 'register begun with what is left of others');
      }
      trace.note('', () => `         ${key} v${version} is chosen`);
    });
  }

  /** A proposer's outputs, before they leave. */
  outputs(proposer: string, outputs: readonly ProposerOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'commands') {
        for (const command of output.commands) {
          if (command.kind === 'accept') this.#book.asked(command.key, command.ballot, command.value);
        }
      } else if (output.kind === 'chosen' && !this.#book.wasChosen(output.key, proposer, output.version)) {
        throw new Violation(
          'P2 only what is chosen is told',
          `${proposer} tells that version ${output.version} of '${output.key}' is chosen, and no quorum has accepted it`,
        );
      }
    }
  }

  /** What the acceptor says and keeps from now on counts for nothing. */
  forgot(acceptor: string, how: { readonly isKnownToPeers: boolean }): void {
    this.#forgetful.set(acceptor, how);
  }

  /** Another acceptor has the name from now on, with this store. */
  renewed(acceptor: string, store: string): void {
    this.#renewed.set(acceptor, store);
  }

  #storeOf(acceptor: string): string {
    return this.#renewed.get(acceptor) ?? acceptor;
  }

  /** A slot that has just become durable. */
  durable(
    acceptor: string,
    key: string,
    { before, after, floor, memory, closed, closedBefore }: Parameters<OnDurable>[1],
  ): void {
    this.#adopted(memory);
    // D2: what was promised for a key that was collected is promised for its partition.
    const isCollected = isKey(key) && before.accepted.counter > 0 && after.accepted.counter === 0;
    // G7: what was promised in a stay that is closed is kept by that.
    if (isKey(key) && isEmpty(after) && isOfClosedStay(closed, key)) {
      this.#coverage.count('register of a stay that is over erased');
      return;
    }
    const promised = isCollected ? maxBallot(after.promised, floor.promised) : after.promised;
    this.#rises(`${acceptor}'s promise for '${key}'`, before.promised, promised);
    if (isCollected) {
      this.#coverage.count('register collected');
      this.#collected.add(key);
    } else this.#rises(`${acceptor}'s accepted ballot for '${key}'`, before.accepted, after.accepted);
    const { accepted: ballot, value } = after;
    if (this.#forgetful.has(acceptor)) return;
    if (ballot === before.accepted || ballot.counter === 0) return;
    const voter = { acceptor, store: this.#storeOf(acceptor), epoch: memory.epoch };
    // G1, G5: nothing is voted on in a stay that is closed. Copies are taken, whatever was promised.
    if (isKey(key) && isOfClosedStay(closedBefore, key)) {
      this.#coverage.count('copy taken in a closed stay');
      this.#book.copied(key, voter, { ballot, value });
    } else this.#book.accepted(key, voter, { ballot, value });
  }

  #rises(what: string, before: Ballot, after: Ballot): void {
    if (compareBallots(after, before) >= 0) return;
    const step = `from ${describeBallot(before)} to ${describeBallot(after)}`;
    throw new Violation('A1 a promise never goes backwards', `${what} went ${step}`);
  }

  /** The replies of an acceptor's turn as they leave, beside what its disk holds at that moment. */
  replies(acceptor: string, outputs: readonly AcceptorOutput[], disk: Disk): void {
    const forgetful = this.#forgetful.get(acceptor);
    if (forgetful?.isKnownToPeers && outputs.some(({ replies }) => replies.length > 0))
      throw new Violation(
        'A4 an acceptor that has forgotten does not vote',
        `${acceptor} answers, its disk went back in time, and a quorum of any others knows it`,
      );
    if (forgetful !== undefined) return;
    // A turn may accept twice for a key and keep the later on disk: both were accepted then. Or erase it (G7).
    for (const { proposer, epoch, replies } of outputs) {
      for (const reply of replies) {
        const { key } = reply;
        const ballot = acceptedBy(reply, proposer);
        if (ballot === undefined) continue;
        if (compareBallots(disk.slot(key).accepted, ballot) <= 0 && !isErased(disk, key)) continue;
        const accepted = this.#book.known(key, ballot);
        if (accepted === undefined) continue;
        const voter = { acceptor, store: this.#storeOf(acceptor), epoch };
        if (reply.kind === 'copied' && isOfClosedStay(disk.slot(CLOSED_NAME), key))
          this.#book.copied(key, voter, accepted);
        else this.#book.accepted(key, voter, accepted);
      }
    }
    for (const { proposer, replies } of outputs) {
      for (const reply of replies) {
        if (reply.kind === 'collected' && !reply.isGone) this.#coverage.count('collection refused');
        if (!this.#isDurable(acceptor, proposer, reply, disk))
          throw notDurable(acceptor, proposer, reply, disk);
      }
    }
  }

  /** C1: an epoch has the same members for everybody. */
  #adopted({ epoch, members, joint }: Memory): void {
    if (members === undefined) return;
    const configuration = configurationOf(this.#cluster, { epoch, members, joint });
    const known = this.#epochs.get(epoch);
    if (known === undefined) this.#epochs.set(epoch, configuration);
    else if (JSON.stringify({ ...known }) !== JSON.stringify(configuration))
      throw new Violation('C1 one membership an epoch', `Epoch ${epoch} has two sets of members`);
  }

  #isDurable(acceptor: string, proposer: string, reply: Reply, disk: Disk): boolean {
    const { key } = reply;
    const slot = disk.slot(key);
    const store = this.#storeOf(acceptor);
    const floor = isKey(key) ? disk.slot(floorName(partitionOf(key))).promised : ZERO_BALLOT;
    const promise = maxBallot(slot.promised, floor);
    switch (reply.kind) {
      case 'promised': {
        const isKept = compareBallots(promise, { counter: reply.counter, proposer }) >= 0;
        // In the turn in which its stay was closed.
        const isPromised = isKept || isErased(disk, key);
        return isPromised && this.#wasShown(store, key, { ballot: reply.accepted, value: reply.value });
      }
      case 'accepted':
        return this.#book.wasAccepted(key, store, { ballot: { counter: reply.counter, proposer } });
      case 'floored':
        return compareBallots(slot.promised, { counter: reply.counter, proposer }) >= 0;
      case 'conflict': {
        return compareBallots(maxBallot(promise, slot.accepted), reply.seen) >= 0 || isErased(disk, key);
      }
      case 'full':
        return true;
      case 'closed':
        return isClosed(closedOf(disk.slot(CLOSED_NAME)), partitionOf(key), reply.stay);
      case 'copied':
        return this.#book.wasAccepted(key, store, { ballot: reply.accepted });
      case 'collected':
        // What is accepted since came after it.
        return true;
      case 'report':
        return this.#wasShown(store, key, { ballot: reply.accepted, value: reply.value });
    }
  }

  /** Beside what is accepted an acceptor may show what is left of collected registers (D3). */
  #wasShown(store: string, key: string, shown: { ballot: Ballot; value: Uint8Array }): boolean {
    return shown.ballot.counter === 0 || this.#book.wasAccepted(key, store, shown);
  }
}

function isErased(disk: Disk, key: string): boolean {
  return isKey(key) && isEmpty(disk.slot(key)) && isOfClosedStay(disk.slot(CLOSED_NAME), key);
}

function isOfClosedStay(closed: Slot, key: string): boolean {
  return isClosed(closedOf(closed), partitionOf(key), stayOf(key) ?? Number.POSITIVE_INFINITY);
}

function acceptedBy(reply: Reply, proposer: string): Ballot | undefined {
  if (reply.kind === 'accepted') return { counter: reply.counter, proposer };
  return reply.kind === 'copied' && reply.accepted.counter > 0 ? reply.accepted : undefined;
}

function notDurable(acceptor: string, proposer: string, reply: Reply, disk: Disk): Violation {
  const { promised, accepted } = disk.slot(reply.key);
  return new Violation(
    'A3 no reply shows what is not durable',
    `${acceptor} answers ${proposer} '${describeReply(reply)}', and its disk has promised ` +
      `${describeBallot(promised)} and accepted ${describeBallot(accepted)}`,
  );
}
