// What is owed to requests that meet at a busy register: who shares whose round, and who must not. As checks that throw. The
// tests run them on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import type { ProposerInput } from '../../src/actors/proposer-actor.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Request } from '../../src/protocol/operation.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { casVersion, Group, KEY, read, shown, write } from '../protocol/group.ts';
import { dutyProposer } from './duty-proposer.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf } from './standings.ts';

/** A proposer over a group that is stepped by hand. */
class Hot {
  readonly group = new Group();
  readonly answers = new Map<number, ServiceAnswer>();
  nowMs = 0;
  timeoutMs = 1000;
  /** What the last step that said anything sent to all. */
  commands: readonly Command[] = [];
  wakeAtMs: number | undefined;
  #token = 0;
  readonly #actor = dutyProposer(this.group.configuration);

  /** They arrive in one turn. @returns their tokens. */
  ask(...operations: readonly Request['operation'][]): readonly number[] {
    const inputs = operations.map(operation => {
      this.#token += 1;
      const request = { operation, id: undefined } as Request;
      const deadlineMs = this.nowMs + this.timeoutMs;
      return { kind: 'request', token: this.#token, key: KEY, request, deadlineMs, bytes: 10 } as const;
    });
    this.step(...inputs);
    return inputs.map(({ token }) => token);
  }

  get command(): Command {
    const [command, ...others] = this.commands;
    assert(command !== undefined && others.length === 0, `${this.commands.length} commands were sent`);
    return command;
  }

  /** The votes of these acceptors on a command, as replies that may be delivered at any time. */
  votes(command: Command, ...acceptors: readonly string[]): readonly ProposerInput[] {
    return acceptors.map(acceptor => replyOf(acceptor, this.group.vote(acceptor, command)));
  }

  /** Delivers the last command to a quorum, and what it says back. */
  exchange(): void {
    this.step(...this.votes(this.command, 'a', 'b'));
  }

  finish(): void {
    for (let rounds = 0; rounds < 5 && this.commands.length > 0; rounds++) this.exchange();
  }

  step(...inputs: readonly ProposerInput[]): void {
    const turn = this.#actor.step(inputs, NOTHING_LOADED, this.nowMs);
    this.commands = turn.send.flatMap(output => (output.kind === 'commands' ? output.commands : []));
    this.wakeAtMs = turn.wakeAtMs;
    for (const output of turn.send)
      if (output.kind === 'answer') this.answers.set(output.token, output.answer);
  }

  version(token: number | undefined): number | undefined {
    const answer = token === undefined ? undefined : this.answers.get(token);
    return answer !== undefined && 'view' in answer ? answer.view.version : undefined;
  }
}

function replyOf(acceptor: string, reply: Reply): ProposerInput {
  const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
  return { kind: 'replies', epoch: 1, acceptor, stamp, replies: [reply] };
}

/** Has written 'A' as version 1, and holds the promise for its next round. */
function written(): Hot {
  const hot = new Hot();
  hot.ask(write('A'));
  hot.finish();
  assert.equal(hot.version(1), 1);
  return hot;
}

export const HOT_KEY_DUTIES: readonly Duty[] = [
  {
    title: 'a change that arrives during a quorum read does not wait for it, and answers it',
    check: async () => {
      const hot = written();
      const [reader] = hot.ask(read);
      const reports = hot.votes(hot.command, 'a', 'b');
      const [writer] = hot.ask(write('B'));
      assert.equal(hot.command.kind, 'accept');
      const accepted = hot.votes(hot.command, 'a', 'b');
      hot.step(...reports);
      assert.equal(hot.answers.has(reader ?? 0), false, 'Late reports answer nothing');
      hot.step(...accepted);
      assert.deepEqual([hot.version(reader), hot.version(writer)], [2, 2]);
    },
  },
  {
    title: 'a change that is refused joins no quorum read, and is not refused from memory (P4)',
    check: async () => {
      const hot = written();
      const other = hot.group.proposer('q');
      other.ballots.observe({ counter: 9, proposer: 'p' });
      other.begin(write('C'));
      other.finish('a', 'b');
      const [reader] = hot.ask(read);
      const question = hot.command;
      const [late] = hot.ask(casVersion(2, 'D'));
      assert.deepEqual([hot.commands, hot.answers.has(late ?? 0)], [[], false]);
      hot.step(...hot.votes(question, 'a', 'b'));
      assert.equal(hot.version(reader), 2);
      hot.finish();
      assert.equal(hot.version(late), 3, 'By the state that is chosen it holds');
    },
  },
  {
    title: 'a read that arrives after the accept was sent is not answered by its round',
    check: async () => {
      const hot = written();
      const [writer] = hot.ask(write('B'));
      const accepted = hot.votes(hot.command, 'a', 'b');
      const other = hot.group.proposer('q');
      other.ballots.observe({ counter: 9, proposer: 'p' });
      other.begin(write('C'));
      other.finish('a', 'b');
      const [reader] = hot.ask(read);
      hot.step(...accepted);
      assert.equal(hot.version(writer), 2);
      hot.finish();
      assert.deepEqual(hot.answers.get(reader ?? 0), shown('C', 3));
    },
  },
  {
    title: 'who closes a stay shares no round (G1)',
    check: async () => {
      const hot = written();
      hot.ask(read);
      hot.ask({ type: 'state.fetch' }, write('B'));
      assert.deepEqual(hot.commands, []);
    },
  },
  {
    title: 'a change whose deadline is over joins nothing (P2)',
    check: async () => {
      const hot = written();
      hot.nowMs = 1;
      hot.ask(read);
      hot.timeoutMs = 3;
      const [late] = hot.ask(casVersion(7, 'B'));
      hot.nowMs = 5;
      const [writer] = hot.ask(write('C'));
      assert.equal(hot.answers.get(late ?? 0)?.kind, 'no_quorum');
      hot.finish();
      assert.equal(hot.version(writer), 2);
    },
  },
  {
    title: 'reads are answered by the changes of their round, which keep their order',
    check: async () => {
      const hot = written();
      const tokens = hot.ask(read, casVersion(1, 'B'), read, casVersion(2, 'C'), casVersion(1, 'D'));
      hot.finish();
      assert.deepEqual(
        tokens.map(token => hot.version(token)),
        [3, 2, 3, 3, 3],
      );
      assert.equal(hot.answers.get(tokens[4] ?? 0)?.kind, 'refused');
    },
  },
  {
    title: 'what only asks behind a round that was read goes along with the change that follows',
    check: async () => {
      const hot = written();
      hot.ask(write('B'), read);
      const round = hot.command;
      const [reader, late] = hot.ask(read, casVersion(1, 'C'));
      hot.step(...hot.votes(round, 'a', 'b'));
      assert.deepEqual(hot.commands, [], 'They wait');
      const [next] = hot.ask(casVersion(2, 'D'));
      assert.equal(hot.command.kind, 'accept');
      hot.exchange();
      assert.deepEqual([hot.version(next), hot.version(reader), hot.version(late)], [3, 3, 2]);
    },
  },
  {
    title: 'what only asks does not wait for long, nor behind a round that nobody read',
    check: async () => {
      const hot = written();
      hot.ask(write('B'), read);
      const round = hot.command;
      const [reader] = hot.ask(read);
      hot.step(...hot.votes(round, 'a', 'b'));
      assert.equal(hot.wakeAtMs, hot.nowMs + 1);
      hot.nowMs += 1;
      hot.step();
      assert.equal(hot.command.kind, 'read');
      hot.exchange();
      assert.equal(hot.version(reader), 2);
      hot.ask(write('C'));
      const another = hot.command;
      hot.ask(read);
      hot.step(...hot.votes(another, 'a', 'b'));
      assert.equal(hot.command.kind, 'read');
    },
  },
];
