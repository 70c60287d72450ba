// What becomes of an acceptor's file when registers are created, deleted and collected: `node
// dist/test/bench/collected-space.js [registers]`. The product's actor, loop and store, without messages. Prints the size
// of the file with its WAL after each stage, and the longest turn while free pages were given back.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AcceptorActor, type AcceptorInput, type AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import { systemClock } from '../../src/actors/clock.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import { remainsOf } from '../../src/protocol/collected.ts';
import type { Command } from '../../src/protocol/messages.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { encodeState } from '../../src/transport/state-codec.ts';
import { votingStanding } from '../actors/standings.ts';

const [count = '1000000'] = process.argv.slice(2);
const REGISTERS = Number(count);
const COMMANDS_A_TURN = 512;
const PROPOSER = 'bench-c0ffeec0ffee';
const VALUE = 'v'.repeat(100);
const LOOK_MS = 500;
const STILL_LOOKS = 4;

const set: RegisterState = { ...UNSET, kind: 'variable', version: 1, set: true, value: VALUE };
const unset: RegisterState = { ...set, version: 2, set: false, value: undefined, untilMs: 1 };
const ballot = (counter: number) => ({ counter, proposer: PROPOSER });
const remains = encodeState(remainsOf(unset, 4));

function accept(key: string, counter: number, state: RegisterState): Command {
  return {
    kind: 'accept',
    key,
    ballot: ballot(counter),
    value: encodeState(state),
    next: ballot(counter + 1),
  };
}

const STAGES: readonly (readonly [string, (key: string) => Command])[] = [
  ['created', key => accept(key, 1, set)],
  ['deleted', key => accept(key, 2, unset)],
  ['collected', key => ({ kind: 'collect', key, ballot: ballot(4), accepted: ballot(2), remains })],
];

const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'));
const path = join(directory, 'a1.db');
const store = await openSqliteStore({ path, cluster: 'bench', acceptor: 'a1' });
const actor = new AcceptorActor({ cacheBytesMax: 32 * 1024 * 1024, standing: votingStanding('a1') });
let onReplies: () => void = () => undefined;
const runtime = new Runtime<AcceptorInput, AcceptorOutput>(actor, {
  store,
  clock: systemClock(),
  weigh: () => 1,
  turnWeightMax: 1,
  mailboxWeightMax: 1,
  send: () => onReplies(),
  onFailure: error => {
    throw error;
  },
});

async function turn(commands: readonly Command[]): Promise<number> {
  const sinceMs = performance.now();
  await new Promise<void>(resolve => {
    onReplies = resolve;
    runtime.deliver({ proposer: PROPOSER, epoch: 1, commands });
  });
  return performance.now() - sinceMs;
}

async function size(): Promise<number> {
  const files = await Promise.all(
    [path, `${path}-wal`].map(name =>
      stat(name).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return files.reduce((sum, bytes) => sum + bytes, 0);
}

async function tell(stage: string, sinceMs: number): Promise<void> {
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  console.log(`${stage}: ${((await size()) / 1e6).toFixed(1)} MB, after ${seconds} s`);
}

try {
  const startMs = performance.now();
  await turn([accept('first', 1, set)]);
  await tell('empty', startMs);
  for (const [stage, commandOf] of STAGES) {
    const sinceMs = performance.now();
    let longestMs = 0;
    for (let first = 0; first < REGISTERS; first += COMMANDS_A_TURN) {
      const keys = Array.from(
        { length: Math.min(COMMANDS_A_TURN, REGISTERS - first) },
        (_, i) => `orders.${first + i}`,
      );
      longestMs = Math.max(longestMs, await turn(keys.map(commandOf)));
    }
    await tell(`${REGISTERS} registers ${stage}`, sinceMs);
    console.log(`  longest turn of ${COMMANDS_A_TURN}: ${longestMs.toFixed(0)} ms`);
  }
  const sinceMs = performance.now();
  let longestMs = 0;
  let counter = 10;
  for (let still = 0, before = await size(); still < STILL_LOOKS; ) {
    const untilMs = performance.now() + LOOK_MS;
    // One client goes on.
    while (performance.now() < untilMs) {
      counter += 2;
      longestMs = Math.max(longestMs, await turn([accept('first', counter, set)]));
      await delay(1);
    }
    const now = await size();
    still = now === before ? still + 1 : 0;
    before = now;
  }
  await tell('pages given back', sinceMs);
  console.log(`  longest turn of one write beside it: ${longestMs.toFixed(1)} ms`);
  runtime.stop();
  await store.close();
  await tell('closed', sinceMs);
} finally {
  await rm(directory, { recursive: true, force: true });
}
