// Counts what a proposer went through, from what it is sent and what it sends. Decides nothing.

import type { ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { type Ballot, compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { latestRound } from '../../src/protocol/lineage.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { isKey } from '../../src/protocol/partition.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState } from '../../src/transport/state-codec.ts';
import type { Coverage } from './coverage.ts';

/** What is known of a proposer's work on one register. */
interface Course {
  commands: number;
  last: Command['kind'] | undefined;
  /** Whether the requests in work began with a read. */
  hasRead: boolean;
  prepared: number;
  /** Whether any acceptor has promised it. */
  isPromised: boolean;
  /** The rounds of the requests in work that lost to a higher ballot. */
  readonly beaten: Set<number>;
  /** The highest value among the promises for `prepared`. */
  found: { readonly accepted: Ballot; readonly value: Uint8Array };
  /** The rounds that have carried the requests in work. */
  carried: number[];
}

const NOTHING = { accepted: ZERO_BALLOT, value: new Uint8Array(0) };

export class Observer {
  readonly #proposer: string;
  readonly #coverage: Coverage;
  readonly #courses = new Map<string, Course>();
  /** The counters of the floors that were asked for. */
  readonly #floors = new Set<number>();
  readonly #asked = new Map<number, { readonly key: string; readonly commands: number }>();

  constructor(proposer: string, coverage: Coverage) {
    this.#proposer = proposer;
    this.#coverage = coverage;
  }

  request(token: number, key: string): void {
    this.#asked.set(token, { key, commands: this.#course(key).commands });
  }

  replies(replies: readonly Reply[]): void {
    for (const reply of replies) {
      if (reply.kind === 'floored') this.#coverage.count('floor promised');
      if (reply.kind === 'conflict') this.#conflict(reply);
      if (reply.kind === 'closed' && this.#course(reply.key).last === 'read')
        this.#coverage.count('read met a closed partition');
      if (reply.kind !== 'promised') continue;
      const course = this.#course(reply.key);
      if (reply.counter === course.prepared) course.isPromised = true;
      const isHigher = compareBallots(reply.accepted, course.found.accepted) > 0;
      if (reply.counter === course.prepared && isHigher) course.found = reply;
    }
  }

  outputs(outputs: readonly ProposerOutput[]): void {
    // What is answered in a turn comes of the turns before; the commands may already be for the next requests.
    for (const output of outputs) if (output.kind === 'answer') this.#answer(output.token, output.answer);
    for (const output of outputs) {
      if (output.kind === 'distrusted') this.#coverage.count('reply of a late or forgetful incarnation');
      if (output.kind !== 'commands') continue;
      if (output.acceptor !== ALL) this.#repeated(output.commands);
      else for (const command of output.commands) this.#command(command);
    }
  }

  #conflict({ key, phase, counter }: Extract<Reply, { kind: 'conflict' }>): void {
    if (!isKey(key)) {
      this.#coverage.count('floor refused');
      return;
    }
    this.#coverage.count(`conflict in ${phase}`);
    if (phase === 'accept' && this.#floors.has(counter)) this.#coverage.count('accept under a floor outbid');
    const { beaten } = this.#course(key);
    if (beaten.size === 1 && !beaten.has(counter)) this.#coverage.count('duelling proposers');
    beaten.add(counter);
  }

  #repeated(commands: readonly Command[]): void {
    this.#coverage.count('retransmission', commands.length);
    for (const { kind, key } of commands)
      if (kind === 'prepare' && this.#course(key).isPromised)
        this.#coverage.count('retransmission after a promise');
  }

  #answer(token: number, answer: ServiceAnswer): void {
    this.#coverage.count(`answered: ${answer.kind}`);
    if ('isOvertaken' in answer) this.#coverage.count('stale pass refused');
    const asked = this.#asked.get(token);
    this.#asked.delete(token);
    if (asked === undefined || answer.kind === 'overloaded' || answer.kind === 'no_quorum') return;
    const course = this.#course(asked.key);
    if (answer.kind === 'done' && answer.duplicate) this.#coverage.count('duplicate recognised');
    if (answer.kind !== 'unknown') {
      if (course.commands === asked.commands) this.#coverage.count('answered from a final state');
      else if (course.last === 'read') this.#coverage.count('read answered by a quorum');
      else if (course.last === 'prepare') this.#resolve(course, stateOf(course.found.value));
    }
    course.carried = [];
    course.beaten.clear();
    course.hasRead = false;
  }

  #command(command: Command): void {
    if (command.kind === 'floor') {
      this.#floors.add(command.ballot.counter);
      return;
    }
    const course = this.#course(command.key);
    if (command.kind === 'accept' && this.#floors.has(command.ballot.counter))
      this.#coverage.count(course.last === 'read' ? 'read that did for a prepare' : 'accept under a floor');
    course.commands += 1;
    course.last = command.kind;
    if (command.kind === 'read') course.hasRead = true;
    if (command.kind === 'prepare') {
      course.prepared = command.ballot.counter;
      course.isPromised = false;
      course.found = NOTHING;
    }
    if (command.kind === 'accept') this.#accept(course, command);
  }

  #accept(course: Course, { ballot, value }: Extract<Command, { kind: 'accept' }>): void {
    if (ballot.counter !== course.prepared) {
      this.#coverage.count('accept without prepare');
    } else {
      const found = stateOf(course.found.value);
      this.#resolve(course, found);
      if (stateOf(value).version === found.version) {
        this.#coverage.count('identity round');
        if (course.hasRead) this.#coverage.count('split read, then identity round');
      }
    }
    course.carried.push(ballot.counter);
  }

  #resolve({ carried }: Course, found: RegisterState): void {
    if (carried.length === 0) return;
    const latest = latestRound(found, this.#proposer);
    const isApplied = typeof latest === 'number' && carried.includes(latest);
    this.#coverage.count(isApplied ? 'attempt found applied' : 'attempt found not applied');
  }

  #course(key: string): Course {
    let course = this.#courses.get(key);
    if (course === undefined) {
      course = {
        commands: 0,
        last: undefined,
        hasRead: false,
        prepared: 0,
        isPromised: false,
        beaten: new Set(),
        found: NOTHING,
        carried: [],
      };
      this.#courses.set(key, course);
    }
    return course;
  }
}

function stateOf(value: Uint8Array): RegisterState {
  return value.length === 0 ? UNSET : decodeState(value);
}
