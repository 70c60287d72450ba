// One run: clients ask while faults strike, then the faults end and everybody must get on, then what the
// clients were told is judged. A run depends on its seed alone; nothing here knows the time or rolls its own dice.

import type { HistoryEvent } from '../../src/history/history.ts';
import { TwoValuesError } from '../../src/protocol/acceptor.ts';
import { FORGOTTEN } from '../../src/protocol/register.ts';
import { numberedId } from '../../src/protocol/sessions.ts';
import type { View } from '../../src/protocol/state.ts';
import { Client, type Task } from './client.ts';
import { Cluster } from './cluster.ts';
import { Collector } from './collector.ts';
import { Coverage } from './coverage.ts';
import { Dice } from './dice.ts';
import { EventQueue } from './event-queue.ts';
import { Faults } from './faults.ts';
import { Grants } from './grants.ts';
import { GuardedStore } from './guarded-store.ts';
import { type Account, Ledger } from './ledger.ts';
import { MemberChanges } from './member-changes.ts';
import { Moves } from './moves.ts';
import { boundsOf } from './node-clock.ts';
import { Owner } from './owner.ts';
import { type KeyPlan, type Plan, planOf } from './plan.ts';
import { type Ending, Recorder } from './recorder.ts';
import { Teller } from './teller.ts';
import { timesSeenOver } from './telling.ts';
import { Trace } from './trace.ts';
import { judgeAgreement, judgeLinearizability, judgeTokens } from './verdicts.ts';
import { Violation } from './violation.ts';
import { changeCall, randomCall, readCall } from './workload.ts';
import type { World } from './world.ts';

export interface Run {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly plan: Plan;
  readonly history: readonly HistoryEvent[];
  readonly coverage: Coverage;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
  readonly virtualMs: number;
  /** Of all chance and time that the run took: two runs that differ anywhere differ here. */
  readonly fingerprint: string;
}

export function simulate(seed: number, { isTraced }: { isTraced: boolean }): Run {
  const events = new EventQueue();
  const dice = new Dice(seed);
  const plan = planOf(dice);
  const world: World = { events, dice, plan, trace: new Trace(events, isTraced), coverage: new Coverage() };
  const simulation = new Simulation(world);
  const violation = violationOf(() => simulation.run());
  return {
    seed,
    violation,
    plan,
    history: simulation.history,
    coverage: world.coverage,
    trace: world.trace.lines,
    virtualMs: events.nowMs,
    fingerprint: `${events.nowMs} ${dice.roll()} ${simulation.history.length}`,
  };
}

function violationOf(act: () => void): Violation | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    const rule =
      error instanceof TwoValuesError ? 'A2 one ballot carries at most one value' : 'no step throws';
    return new Violation(rule, String(error), { cause: error });
  }
}

/** Virtual time for the faults, for what is under way at their end, and for everybody's last calls. */
const FAULTS_MS_MAX = 30_000;
const SETTLE_MS_MAX = 10_000;
const FINALE_MS_MAX = 20_000;
/** How long a request that came at last is worked on, by clocks that may be anywhere. */
const WORK_MS_MAX = 3000;
/** What clients ask for once nothing fails any more is worked on for as long as it takes, and must not take long. */
const PATIENCE = { timeoutMs: 10_000, silenceMs: 10_000, attemptsMax: 1000, endsForgotten: true };
const PROMPT_MS_MAX = 4000;
/** Where a register remembers a single id, a request may be forgotten so often before its answer is known (R4, limits). */
const FORGOTTEN_MAX = 5;

class Simulation {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #recorder: Recorder;
  readonly #clients: readonly Client[];
  readonly #ledger = new Ledger();
  #busy = 0;
  #isHealed = false;
  #lastUnique = 0;
  readonly #lastIds = new Map<Client, number>();

  constructor(world: World) {
    const cluster = new Cluster(world);
    const recorder = new Recorder(world.events);
    this.#world = world;
    this.#cluster = cluster;
    this.#recorder = recorder;
    this.#clients = Array.from({ length: world.plan.clients.count }, (_, i) => {
      return this.#newClient(`c${i + 1}`);
    });
  }

  #newClient(name: string): Client {
    return new Client(this.#world, { name, cluster: this.#cluster, recorder: this.#recorder });
  }

  get history(): readonly HistoryEvent[] {
    return this.#recorder.events;
  }

  run(): void {
    const { plan, events } = this.#world;
    const faults = new Faults(this.#world, this.#cluster);
    const changes = new MemberChanges(this.#world, this.#cluster);
    const moves = new Moves(this.#world, this.#cluster);
    const collector = new Collector(this.#world, this.#cluster);
    for (const client of this.#clients) this.#work(client, plan.clients.calls);
    const grants = this.#lock();
    const tellers = this.#transact();
    events.runWhile(() => this.#busy > 0 || changes.isSecluding, FAULTS_MS_MAX);
    faults.heal();
    changes.finish();
    moves.finish();
    this.#isHealed = true;
    this.#await(SETTLE_MS_MAX, 'what was under way when the faults ended');
    events.runWhile(() => changes.isBusy, events.nowMs + SETTLE_MS_MAX);
    if (changes.isBusy) throw new Violation('progress', 'A change of the members does not end');
    events.runWhile(() => moves.isBusy, events.nowMs + SETTLE_MS_MAX);
    if (moves.isBusy) throw new Violation('progress', 'A move of a partition does not end');
    for (const client of this.#clients) this.#readAndChangeAll(client, plan.keys);
    this.#await(FINALE_MS_MAX, 'a further read and change by every client of every key');
    for (const teller of tellers) this.#close(teller, () => undefined);
    this.#await(FINALE_MS_MAX, 'a transaction of every teller');
    collector.finish();
    this.#letAllArrive();
    for (const teller of tellers.slice(0, 1)) this.#close(teller, accounts => this.#ledger.judge(accounts));
    this.#await(FINALE_MS_MAX, 'a last look at all accounts');
    const views = new Map<KeyPlan, View[]>(plan.keys.map(key => [key, []]));
    for (const client of this.#clients) this.#readAll(client, [...views]);
    this.#await(FINALE_MS_MAX, 'a last read by every client of every key');
    // Who doubts a home for nothing serves what the home serves as well, and may be the first to be done.
    const { proposers } = this.#cluster;
    events.runWhile(() => proposers.some(({ isServing }) => isServing), events.nowMs + WORK_MS_MAX);
    for (const proposer of proposers) proposer.judgeAnswers();
    for (const [{ key, profile }, own] of views) {
      // What is fleeting may go between two reads.
      if (profile !== 'fleeting') judgeAgreement(key, own);
      if (profile !== 'list' || own[0] === undefined) continue;
      const surprises = judgeTokens(key, own[0], this.history);
      this.#world.coverage.count('outcome unknown, then found chosen', surprises);
    }
    const clocks = proposers.map(({ clock }) => clock);
    grants.judge(clocks);
    for (const { key } of plan.keys.filter(({ profile }) => profile === 'fleeting')) {
      const events = this.history.filter(event => event.key === key);
      this.#world.coverage.count('variable seen to be over', timesSeenOver(events));
    }
    if (!judgeLinearizability(plan, this.history, boundsOf(clocks)))
      this.#world.coverage.count('history left undecided');
  }

  /** Some calls of one client, one after another, with pauses to think, while there are faults. */
  #work(client: Client, calls: number): void {
    const { dice, events, plan } = this.#world;
    this.#busy += 1;
    events.after(dice.between(0, plan.clients.thinkMs), () => {
      client.perform(this.#randomTask(client), () => {
        this.#busy -= 1;
        if (calls > 1 && !this.#isHealed) this.#work(client, calls - 1);
      });
    });
  }

  /** Owners of one lock, and what it guards. */
  #lock(): Grants {
    const { owners } = this.#world.plan;
    const grants = new Grants(this.#world);
    if (owners === undefined) return grants;
    const store = new GuardedStore();
    for (let i = 1; i <= owners.count; i++) {
      const client = this.#newClient(`o${i}`);
      const newId = (): string => this.#newId(client);
      const isOver = (): boolean => this.#isHealed;
      const parts = { client, cluster: this.#cluster, store, grants, newId, isOver };
      const owner = new Owner(this.#world, parts, owners);
      this.#busy += 1;
      owner.start(() => {
        this.#busy -= 1;
      });
    }
    return grants;
  }

  /** Those who move money between accounts. */
  #transact(): readonly Teller[] {
    const { plan } = this.#world;
    const { tellers: drawn } = plan;
    if (drawn === undefined) return [];
    const parts = {
      ledger: this.#ledger,
      accounts: plan.keys.filter(({ profile }) => profile === 'account').map(({ key }) => key),
      newClient: (name: string): Client => this.#newClient(name),
      newId: (client: Client): string => this.#newId(client),
      isOver: (): boolean => this.#isHealed,
    };
    return Array.from({ length: drawn.count }, (_, i) => {
      const teller = new Teller(this.#world, { ...parts, name: `t${i + 1}` }, drawn);
      this.#busy += 1;
      teller.start(() => {
        this.#busy -= 1;
      });
      return teller;
    });
  }

  #close(teller: Teller, onAccounts: (accounts: ReadonlyMap<string, Account>) => void): void {
    this.#busy += 1;
    teller.close(PATIENCE, accounts => {
      this.#busy -= 1;
      onAccounts(accounts);
    });
  }

  #randomTask(client: Client): Task {
    const { dice, plan } = this.#world;
    const { ids, reads, timeoutMs, silenceMs, attemptsMax } = plan.clients;
    const { key, profile } = dice.pick(plan.keys);
    const unique = (): number => this.#unique();
    const ttlMs = plan.expiry?.ttlMs;
    const call = randomCall(profile, { dice, seen: client.seen(key), reads, unique, ttlMs });
    const id = dice.chance(ids) ? this.#newId(client) : undefined;
    return { key, call, id, timeoutMs, silenceMs, attemptsMax };
  }

  /** The first reads find acceptors that differ, perhaps with one of them down for good. */
  #readAndChangeAll(client: Client, [next, ...others]: readonly KeyPlan[]): void {
    if (next === undefined) return;
    const { key, profile } = next;
    const readTask = (): Task => ({ key, call: readCall(profile), id: undefined, ...PATIENCE });
    this.#patiently(client, readTask, () => {
      const newTask = (): Task => {
        const call = changeCall(profile, { unique: () => this.#unique() });
        return { key, call, id: this.#newId(client), ...PATIENCE };
      };
      this.#patiently(client, newTask, () => this.#readAndChangeAll(client, others));
    });
  }

  #readAll(client: Client, [next, ...others]: readonly (readonly [KeyPlan, View[]])[]): void {
    if (next === undefined) return;
    const [{ key, profile }, views] = next;
    const newTask = (): Task => ({ key, call: readCall(profile), id: undefined, ...PATIENCE });
    this.#patiently(client, newTask, view => {
      views.push(view);
      this.#readAll(client, others);
    });
  }

  /**
   * Done or refused in good time, and never left open.
   * @param newTask also called for another request in place of one whose id was forgotten
   */
  #patiently(client: Client, newTask: () => Task, onView: (view: View) => void, forgotten = 0): void {
    const task = newTask();
    const { events } = this.#world;
    const startedAtMs = events.nowMs;
    this.#busy += 1;
    client.perform(task, (ending: Ending) => {
      this.#busy -= 1;
      const tookMs = events.nowMs - startedAtMs;
      if ((ending.kind === 'ok' || ending.kind === 'refused') && tookMs <= PROMPT_MS_MAX) {
        onView(ending.view);
        return;
      }
      if (ending.kind === 'unknown' && ending.why === FORGOTTEN.why && forgotten < FORGOTTEN_MAX) {
        this.#patiently(client, newTask, onView, forgotten + 1);
        return;
      }
      const what = `${client.name}'s ${task.call.operation} of '${task.key}'`;
      throw new Violation('progress', `All is well, and ${what} took ${tookMs} ms and ended: ${ending.kind}`);
    });
  }

  /** A request that is late may still change something, and clients that read then need not agree. */
  #letAllArrive(): void {
    const { events, plan } = this.#world;
    events.runWhile(() => true, events.nowMs + plan.network.lateMsMax + WORK_MS_MAX);
  }

  #await(withinMs: number, what: string): void {
    const { events } = this.#world;
    events.runWhile(() => this.#busy > 0, events.nowMs + withinMs);
    if (this.#busy > 0) throw new Violation('progress', `No end of ${what} within ${withinMs} ms`);
  }

  #unique(): number {
    this.#lastUnique += 1;
    return this.#lastUnique;
  }

  /** Clients number their requests, as the TypeScript client does. */
  #newId(client: Client): string {
    const number = (this.#lastIds.get(client) ?? 0) + 1;
    this.#lastIds.set(client, number);
    return numberedId({ session: client.name, number });
  }
}
