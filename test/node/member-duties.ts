// What the desk for operators owes to those who let an acceptor go on its word, as checks that throw.

import assert from 'node:assert/strict';
import { systemClock } from '../../src/actors/clock.ts';
import { MemberDesk } from '../../src/node/proposer/member-desk.ts';
import {
  configurationOf,
  type Decided,
  decidedOf,
  joined,
  MEMBERS_KEY,
  type Membership,
  membersValue,
  settledOf,
  withCarried,
} from '../../src/protocol/membership.ts';
import type { Operation, StateOperation } from '../../src/protocol/operation.ts';
import { ALL_PARTITIONS } from '../../src/protocol/partition.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { storeOf } from '../actors/standings.ts';

const CLUSTER = 'desk';
const INBOX = internalSubjects(CLUSTER).operator('here');
const FORMED: Decided = {
  epoch: 1,
  members: new Map([['a', storeOf('a')]]),
  joint: undefined,
  carried: [],
  former: [],
};
const JOINT = joined(FORMED, {
  add: new Map([['b', storeOf('b')]]),
  remove: ['a'],
});
const CARRIED = ALL_PARTITIONS.reduce(withCarried, JOINT);

type DeskParts = ConstructorParameters<typeof MemberDesk>[0];

/** A desk whose proposer reads and changes the register of members at once, by a quorum of whichever epoch it is in. */
class Desk {
  /** The epochs in which the members were read. */
  readonly readIn: number[] = [];
  #decided: Decided;
  #version = 2;
  #membership: Membership = JOINT;

  /** @param decided so far; the proposer has not heard of more than the joint epoch. */
  constructor(decided: Decided) {
    this.#decided = decided;
  }

  /** @returns what the operator is told. */
  perform(step: string): Promise<unknown> {
    return new Promise(resolve => {
      const { operators } = internalSubjects(CLUSTER);
      let receive: (message: Message) => void = () => assert.fail('Nobody listens to operators');
      const transport: Pick<Transport, 'publish' | 'subscribe'> = {
        subscribe: (subject, onMessage) => {
          if (subject === operators) receive = onMessage;
          return { close: () => undefined, drain: () => undefined };
        },
        publish: (subject, bytes) => {
          if (subject === INBOX) resolve(JSON.parse(Buffer.from(bytes).toString()));
        },
      };
      new MemberDesk(this.#parts(transport as Transport));
      const bytes = Buffer.from(JSON.stringify({ step }));
      receive({
        subject: operators,
        reply: INBOX,
        bytes,
        isNoResponders: false,
        header: () => undefined,
      });
    });
  }

  #parts(transport: Transport): DeskParts {
    const engine: Pick<DeskParts['engine'], 'incarnation' | 'configuration' | 'membership' | 'adopt'> = {
      incarnation: 'p',
      configuration: () => configurationOf(CLUSTER, this.#membership),
      membership: () => this.#membership,
      adopt: newer => {
        if (newer.epoch > this.#membership.epoch) this.#membership = newer;
      },
    };
    return {
      cluster: CLUSTER,
      transport,
      clock: systemClock(),
      engine: engine as DeskParts['engine'],
      own: {
        ask: (key, { operation }) => Promise.resolve(this.#ask(key, operation)),
      },
      collector: { collect: () => Promise.resolve(0) },
      looked: () => Promise.resolve(),
      log: () => undefined,
    };
  }

  #ask(key: string, operation: Operation | StateOperation): ServiceAnswer {
    assert.equal(key, MEMBERS_KEY);
    if (operation.type === 'variable.read') this.readIn.push(this.#membership.epoch);
    else {
      assert.ok(operation.type === 'variable.cas');
      this.#decided = decidedOf(operation.value);
      this.#version += 1;
    }
    const view = {
      set: true,
      value: membersValue(this.#decided),
      version: this.#version,
    };
    return { kind: 'done', view, duplicate: false };
  }
}

const OVER = {
  ok: true,
  epoch: 3,
  members: { b: storeOf('b') },
  joint: null,
  carried: [],
};

export const MEMBER_DUTIES: readonly Duty[] = [
  {
    title: 'that a change of members is over is told when those after have said so in their epoch (C7)',
    check: async () => {
      const desk = new Desk(CARRIED);
      assert.deepEqual(await desk.perform('settle'), OVER);
      assert.deepEqual(desk.readIn, [2, 2, 3]);
    },
  },
  {
    title: 'that another has ended a change of members is told likewise (C7)',
    check: async () => {
      const desk = new Desk(settledOf(CARRIED));
      assert.deepEqual(await desk.perform('status'), OVER);
      assert.deepEqual(desk.readIn, [2, 3]);
    },
  },
];
