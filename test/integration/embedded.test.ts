// Programs with a proposer of their own beside ordinary clients: a real cluster, one history of all of them.

import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { RefusedError } from '../../src/client/errors.ts';
import type { State } from '../../src/client/state.ts';
import { printExplanation } from '../../src/history/explanation.ts';
import { type HistoryEvent, operationsOf, type SynodCall } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { type Client, connect, SynodError, UnknownOutcomeError } from '../../src/index.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Value } from '../../src/protocol/value.ts';
import { type Members, TestCluster } from './local-cluster.ts';

/** So much must be done before the next thing happens, by each. */
const PROGRESS = 5;
const KEYS = Array.from({ length: 8 }, (_, i) => `embedded.${i}`);
const cluster = new TestCluster();
let members: Members;

test.before(async () => {
  members = await cluster.start();
});
test.after.always(async () => {
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

function embedded(): Promise<Client> {
  const { nats, acceptors } = members;
  const ids = acceptors.map(({ id }) => id);
  return connect({ servers: nats.url, proposer: 'embedded', cluster: 'synod', acceptors: ids });
}

/** A client, and how many of its calls succeeded. */
interface Load {
  readonly client: Client;
  succeeded: number;
}

/** Resolves after so long, when each of these has succeeded a few times more as well: a slow machine does less. */
async function progress(loads: readonly Load[], ms: number): Promise<void> {
  const before = loads.map(({ succeeded }) => succeeded);
  await delay(ms);
  while (loads.some(({ succeeded }, i) => succeeded < (before[i] ?? 0) + PROGRESS)) await delay(10);
}

/** What clients asked and were told, as one history. */
class Recorder {
  readonly events: HistoryEvent[] = [];
  #processes = 0;

  /** Asks until `isOver`, one call at a time. A process whose call stays open does nothing more. */
  async work(load: Load, isOver: () => boolean): Promise<void> {
    let process = this.#newProcess();
    let version = 0;
    for (let i = 0; !isOver(); i++) {
      const key = KEYS[(process + i) % KEYS.length] ?? '';
      const call = callOf(i, process, version);
      const common = { process, key, operation: call.operation };
      this.events.push({ type: 'invoke', process, key, time: performance.now(), ...call });
      try {
        const state = await perform(load.client, key, call);
        this.events.push({ type: 'ok', ...common, time: performance.now(), ...shown(state) });
        version = state.version;
        load.succeeded += 1;
      } catch (error) {
        if (!(error instanceof SynodError)) throw error;
        if (error instanceof UnknownOutcomeError) {
          this.events.push({ type: 'info', ...common, time: performance.now() });
          process = this.#newProcess();
          continue;
        }
        const state = error instanceof RefusedError ? shown(error.state) : {};
        this.events.push({ type: 'fail', ...common, time: performance.now(), error: error.code, ...state });
        if (error instanceof RefusedError) version = error.state.version;
        if (error.code === 'closed') return;
      }
    }
  }

  #newProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }
}

function callOf(i: number, process: number, version: number): SynodCall {
  switch (i % 4) {
    case 0:
      return { operation: 'variable.read' };
    case 1:
      return { operation: 'variable.write', value: process * 100_000 + i };
    case 2:
      return { operation: 'variable.cas', value: process * 100_000 + i, version };
    default:
      return { operation: 'variable.change', change: 'add', args: [1] };
  }
}

function perform(client: Client, key: string, call: SynodCall): Promise<State<Value>> {
  const variable = client.variable(key);
  switch (call.operation) {
    case 'variable.write':
      return variable.write(call.value);
    case 'variable.cas':
      return variable.cas(call.value, { version: call.version ?? 0 });
    case 'variable.change':
      return variable.change(call.change, call.args);
    default:
      return variable.read();
  }
}

function shown({ set, version, value }: State<unknown>): { set: boolean; version: number; value?: never } {
  return value === undefined ? { set, version } : { set, version, value: value as never };
}

test.serial('embedded and ordinary clients on the same registers, through a pause and a close', async t => {
  const closing = await embedded();
  const staying = await embedded();
  const ordinary = await connect({ servers: members.nats.url });
  const [a1] = members.acceptors;
  if (a1 === undefined) throw new Error('the cluster is too small');
  const recorder = new Recorder();
  let isOver = false;
  const loads = [closing, closing, staying, staying, ordinary, ordinary].map(client => ({
    client,
    succeeded: 0,
  }));
  const ended = loads.map(load => recorder.work(load, () => isOver));
  await progress(loads, 1000);
  process.kill(a1.pid, 'SIGSTOP');
  await progress(loads, 1500);
  process.kill(a1.pid, 'SIGCONT');
  await progress(loads, 500);
  const open = recorder.events.filter(({ type }) => type === 'info').length;
  await closing.close();
  await Promise.all(ended.slice(0, 2));
  const given = recorder.events.filter(({ type }) => type === 'info').length - open;
  await progress(loads.slice(2), 1000);
  isOver = true;
  await Promise.all(ended);
  await staying.close();
  await ordinary.close();
  const succeeded = loads.map(load => load.succeeded).join(', ');
  t.log(`${succeeded} succeeded, ${given} open at the close, ${recorder.events.length} events`);
  const verdict = checkLinearizable(synodModel(BUILT_IN_CHANGES), operationsOf(recorder.events));
  t.is(
    verdict.kind,
    'linearizable',
    verdict.kind === 'linearizable' ? '' : printExplanation(verdict.explanation),
  );
});

test.serial(
  'an embedded proposer goes on without NATS for a while, and with the same id after it',
  async t => {
    const client = await embedded();
    const variable = client.variable<number>('embedded.paused');
    await variable.write(1);
    process.kill(members.nats.pid, 'SIGSTOP');
    const change = variable.change('add', [1], { id: 'order-42', timeoutMs: 300 });
    const error = await t.throwsAsync(change, { instanceOf: UnknownOutcomeError });
    process.kill(members.nats.pid, 'SIGCONT');
    t.is(error?.id, 'order-42');
    t.like(await variable.change('add', [1], { id: 'order-42' }), { value: 2, version: 2 });
    await client.close();
  },
);
