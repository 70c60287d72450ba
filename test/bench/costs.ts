// `node dist/test/bench/costs.js`: where a processor's time goes for one operation, stage by stage, on the product's own
// code without sockets and disks. Microseconds for one operation at one node, medians of several passes.

import { AcceptorActor, type AcceptorInput } from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { printsOf } from '../../src/protocol/filter.ts';
import type { Command } from '../../src/protocol/messages.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { DEFAULT_TIMING } from '../../src/protocol/work.ts';
import { recordBytes, writeSlot } from '../../src/storage/slot-record.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
  itemBytes,
} from '../../src/transport/message-codec.ts';
import { packed } from '../../src/transport/packing.ts';
import { encodeReply } from '../../src/transport/reply-codec.ts';
import { parseRequest } from '../../src/transport/request-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { eventSubject, parseRequestSubject } from '../../src/transport/subjects.ts';
import { votingStanding } from '../actors/standings.ts';

const CONFIGURATION = { cluster: 'synod', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
const PROPOSER = 'p1-abcdefghijk';
const TURN = 64;
const TURNS = 200;
const PASSES = 7;
const STAMP = { store: 'a1', incarnation: 'i', since: 0, commits: 1 };
const LIMITS = { valueBytesMax: 262_144, timeoutMsDefault: 2000, timeoutMsMax: 60_000 };
const BODY = Buffer.from(JSON.stringify({ value: 'x'.repeat(100) }));

type Workload = 'create' | 'write';

/** Adds up what each stage takes. */
class Stages {
  readonly #totals = new Map<string, number>();

  time<Result>(stage: string, work: () => Result): Result {
    const began = process.hrtime.bigint();
    const result = work();
    const took = Number(process.hrtime.bigint() - began) / 1000;
    this.#totals.set(stage, (this.#totals.get(stage) ?? 0) + took);
    return result;
  }

  get perOperation(): ReadonlyMap<string, number> {
    return new Map([...this.#totals].map(([stage, total]) => [stage, total / (TURNS * TURN)]));
  }
}

/** One proposer and one acceptor, whose answer stands for those of all. */
class Bench {
  readonly #workload: Workload;
  readonly #proposer = new ProposerActor({
    incarnation: PROPOSER,
    configuration: CONFIGURATION,
    codec: { encode: encodeState, decode: decodeState },
    changes: BUILT_IN_CHANGES,
    timing: DEFAULT_TIMING,
    asks: 'all',
    seed: 1,
    limits: {
      valueBytesMax: LIMITS.valueBytesMax,
      requestsMax: 4096,
      requestBytesMax: 1 << 26,
      objectBytesMax: 1 << 26,
      ringBytesMax: 1 << 26,
      rememberedMax: REMEMBERED_MAX,
      floorUsesMax: 4096,
    },
  });
  readonly #acceptor = new AcceptorActor({ cacheBytesMax: 24 << 20, standing: votingStanding('a1') });
  #token = 0;
  #nowMs = 1_000_000;
  #stages = new Stages();

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  pass(): ReadonlyMap<string, number> {
    this.#stages = new Stages();
    for (let turn = 0; turn < TURNS; turn++) this.#turn();
    return this.#stages.perOperation;
  }

  #turn(): void {
    this.#nowMs += 2;
    const requests = Array.from({ length: TURN }, () => this.#subject());
    const inputs = this.#stages.time('proposer: parse the request', () =>
      requests.map(subject => this.#parsed(subject)),
    );
    let outputs = this.#stages.time('proposer: step over requests', () => this.#step(inputs));
    while (outputs.some(({ kind }) => kind === 'commands')) {
      const next = outputs.flatMap(output =>
        output.kind === 'commands' ? this.#exchange(output.commands) : [],
      );
      outputs = next;
    }
  }

  #subject(): string {
    this.#token += 1;
    const key = `orders.${this.#workload === 'create' ? this.#token : this.#token % 10_000}`;
    return this.#workload === 'create' ? `synod.register.write.${key}` : `synod.variable.write.${key}`;
  }

  #parsed(subject: string): ProposerInput {
    const limits = { limits: LIMITS, changes: BUILT_IN_CHANGES };
    const { key, request, timeoutMs, bytes } = parseRequest(
      parseRequestSubject('synod', subject),
      BODY,
      undefined,
      limits,
    );
    this.#token += 1;
    return { kind: 'request', token: this.#token, key, request, deadlineMs: this.#nowMs + timeoutMs, bytes };
  }

  #step(inputs: readonly ProposerInput[]): readonly ProposerOutput[] {
    return this.#proposer.step(inputs, NOTHING_LOADED, this.#nowMs).send;
  }

  /** The commands go to the acceptor and its replies come back three times. */
  #exchange(commands: readonly Command[]): readonly ProposerOutput[] {
    const messages = this.#stages.time('proposer: encode commands', () =>
      [...packed(commands, itemBytes)].map(items =>
        encodeCommands(CONFIGURATION, { sender: PROPOSER, recipient: ALL, items, news: [] }),
      ),
    );
    const replies = messages.flatMap(message => this.#vote(message));
    const after: ProposerOutput[] = [];
    for (const acceptor of CONFIGURATION.acceptors) {
      const inputs = this.#stages.time('proposer: decode three replies', () =>
        replies.map((bytes): ProposerInput => {
          const decoded = decodeReplies(CONFIGURATION, bytes);
          if (decoded.kind === 'refused') throw new Error(decoded.why);
          const { items, stamp } = decoded.envelope;
          return {
            kind: 'replies',
            epoch: CONFIGURATION.epoch,
            acceptor,
            stamp: { ...stamp, store: acceptor },
            replies: items,
          };
        }),
      );
      const outputs = this.#stages.time('proposer: step over three replies', () => this.#step(inputs));
      this.#answer(outputs);
      after.push(...outputs);
    }
    return after;
  }

  #vote(message: Uint8Array): readonly Uint8Array[] {
    const inputs = this.#stages.time('acceptor: decode commands', (): readonly AcceptorInput[] => {
      const decoded = decodeCommands(CONFIGURATION, message);
      if (decoded.kind === 'refused') throw new Error(decoded.why);
      const { epoch, sender: proposer, items } = decoded.envelope;
      return [{ proposer, epoch, commands: items }];
    });
    const turn = this.#stages.time('acceptor: step', () => {
      this.#acceptor.needs(inputs);
      return this.#acceptor.step(inputs, ALL_KEYS_KNOWN, this.#nowMs);
    });
    this.#stages.time('acceptor: encode rows', () => {
      let bytes = 0;
      for (const slot of turn.persist.values()) bytes += recordBytes(slot);
      const records = Buffer.allocUnsafe(bytes);
      let at = 0;
      const entries = [...turn.persist].map(([key, slot]) => {
        const start = at;
        at = writeSlot({ storeId: 'store', key }, slot, records, at);
        return [start, key, start + 1, at - start];
      });
      return JSON.stringify(entries);
    });
    this.#stages.time('acceptor: remember', () => this.#acceptor.settled());
    return this.#stages.time('acceptor: encode replies', () =>
      turn.send.flatMap(({ proposer: recipient, replies }) =>
        [...packed(replies, itemBytes)].map(items =>
          encodeReplies(CONFIGURATION, { sender: 'a1', recipient, items, stamp: STAMP }),
        ),
      ),
    );
  }

  #answer(outputs: readonly ProposerOutput[]): void {
    const asked = { type: 'variable.write', key: 'orders.1', format: 'json' } as const;
    this.#stages.time('proposer: encode answers', () => {
      for (const output of outputs) if (output.kind === 'answer') encodeReply(asked, output.answer);
    });
    this.#stages.time('proposer: encode events', () => {
      for (const output of outputs) {
        if (output.kind !== 'chosen') continue;
        eventSubject('synod', output.key);
        Buffer.from(JSON.stringify({ key: output.key, version: output.version }));
      }
    });
  }
}

const ALL_KEYS_KNOWN = {
  slots: new Map(),
  prints: new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, printsOf([])])),
};

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

for (const workload of ['create', 'write'] as const) {
  const bench = new Bench(workload);
  bench.pass();
  const passes = Array.from({ length: PASSES }, () => bench.pass());
  const stages = [...(passes[0]?.keys() ?? [])];
  console.log(`\n${workload}, microseconds an operation at one node (turns of ${TURN}):`);
  let sums = { proposer: 0, acceptor: 0 };
  for (const stage of stages) {
    const cost = median(passes.map(pass => pass.get(stage) ?? 0));
    console.log(`${cost.toFixed(2).padStart(8)}  ${stage}`);
    if (stage.startsWith('proposer')) sums = { ...sums, proposer: sums.proposer + cost };
    else sums = { ...sums, acceptor: sums.acceptor + cost };
  }
  console.log(`${sums.proposer.toFixed(2).padStart(8)}  a proposer in all`);
  console.log(`${sums.acceptor.toFixed(2).padStart(8)}  an acceptor in all, without its disk`);
}
