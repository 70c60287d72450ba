// One case of damage: a cluster under load, one of whose acceptors has its files damaged after another one has missed
// a part of the writes. Then every quorum that it could be in is the only one for a while, and reads go through all
// that was ever written. When the damage was noticed it is undone, and the same is asked again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tailOf } from '../../src/node/local/process-log.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import type { Files, Intact } from '../durability/aged-files.ts';
import { Dice } from '../simulation/dice.ts';
import { type ClusterDamage, fill, readFiles, type Scene, writeFiles } from './damage-kinds.ts';
import { type DamagePlace, openPlace } from './damage-place.ts';
import { Processes } from './processes.ts';
import { Recorder } from './recorder.ts';
import { connected, type Named } from './run.ts';
import { type Fault, PROPOSERS } from './scenario.ts';
import { idleness, linearizability, type Taken, tokens } from './verdict.ts';
import { askAll, type Next, readAll, readsOfAll, work } from './workload.ts';

const TARGET = 'a1';
const OTHERS = ['a2', 'a3'] as const;
/** Misses half of what is kept. */
const ABSENTEE = OTHERS[1];
/** Of the service's default cluster. */
const CLUSTER = 'synod';
/** So many that the table has pages of more than one level. */
const KEPT_KEYS = 400;
const LEAD_MS = 500;
const REJOIN_MS = 1000;
const ABSENT_MS = 300;
const PAUSE_MS = 1200;
const REST_MS = 300;
const AFTER_MS = 1300;
const LONG_VALUE_BYTES = 5000;
const LONG_VALUES_MAX = 5000;
const CROWD_MS_MAX = 10_000;
const KEEP_MS_MAX = 10_000;

export interface DamageCase {
  readonly damage: ClusterDamage;
  readonly seed: number;
  readonly share: number;
}

export interface DamageResult {
  readonly kind: string;
  readonly seed: number;
  /** Whether and how it was noticed, in a few words: 'exit 65 at its start, quarantined'. */
  readonly found: string;
  /** What the acceptor did once it had been undone; undefined when that was not needed. */
  readonly mended: string | undefined;
  /** What the acceptor said last. */
  readonly said: string;
  readonly answers: number;
  /** Acknowledged appends that are not there, and others that are there wrongly. */
  readonly lost: number;
  /** Histories that no order explains. */
  readonly stale: number;
  readonly problems: readonly string[];
}

/** @returns why the case cannot be tried: the machine does not allow it, or the files have no such place. */
export async function tryOnCluster(damageCase: DamageCase): Promise<DamageResult | string> {
  const place = await openPlace(damageCase.damage.place);
  if (typeof place === 'string') return place;
  const cluster = new Processes({
    prepare: async (name, spec) => (name === TARGET ? place.placed(spec, cluster.dataOf(name)) : spec),
  });
  try {
    await cluster.start();
    return await new Trial(damageCase, cluster, place).run();
  } finally {
    await cluster.stop();
    await place.close();
  }
}

class Trial {
  readonly #case: DamageCase;
  readonly #cluster: Processes;
  readonly #place: DamagePlace;
  readonly #recorder = new Recorder();
  readonly #taken: Taken[] = [];
  #clients: readonly Named[] = [];

  constructor(damageCase: DamageCase, cluster: Processes, place: DamagePlace) {
    this.#case = damageCase;
    this.#cluster = cluster;
    this.#place = place;
  }

  async run(): Promise<DamageResult | string> {
    this.#clients = await connected(this.#cluster.nats);
    let isOver = false;
    const works = this.#clients.map(({ name, asker }, i) =>
      work(asker, this.#recorder, {
        name,
        seed: this.#case.seed * 1000 + i,
        isOver: () => isOver,
        isHot: false,
      }),
    );
    try {
      const seen = await this.#damage();
      await sleep(AFTER_MS);
      const durationMs = this.#recorder.nowMs;
      isOver = true;
      await Promise.all(works);
      const [first] = this.#clients;
      if (first !== undefined && typeof seen !== 'string') await readAll(first.asker, this.#recorder);
      return typeof seen === 'string' ? seen : this.#judged(seen, durationMs);
    } finally {
      isOver = true;
      await Promise.allSettled(works);
      await Promise.all(this.#clients.map(({ asker }) => asker.close()));
    }
  }

  async #damage(): Promise<Pick<DamageResult, 'found' | 'mended' | 'said'> | string> {
    const { damage, seed, share } = this.#case;
    await sleep(LEAD_MS);
    await this.#keep(0, KEPT_KEYS / 2);
    const old = this.#snapshot(TARGET, this.#place.data);
    // What is written now is on the target and one other alone: what the target forgets, a quorum without that one lacks.
    await this.#cluster.strike('cut', ABSENTEE);
    await this.#keep(KEPT_KEYS / 2, KEPT_KEYS);
    await sleep(LEAD_MS);
    await this.#cluster.heal('cut', ABSENTEE);
    await sleep(REJOIN_MS);
    const others = this.#snapshot(OTHERS[0], this.#cluster.dataOf(OTHERS[0]));

    const { data, disk } = this.#place;
    if (disk !== undefined) await this.#crowd();
    const fromMs = this.#recorder.nowMs;
    // A proposer that lives on remembers how far the acceptors were, and would count none of them.
    const hit = damage.isControl ? [TARGET, ...OTHERS, ...PROPOSERS] : [TARGET];
    if (damage.ending !== undefined) {
      const { ending } = damage;
      await Promise.all(hit.map(name => this.#cluster.strike(ending, name)));
    }
    const now = readFiles(data);
    const newest = damage.ending === 'restart' ? await this.#slotsOf(now) : new Map();
    const intact: Intact = { ...now, newest };
    const sources = {
      old: { ...old, newest },
      others: { ...others, newest },
      closed: intact,
      killed: intact,
    };
    const scene: Scene = { data, disk, sources, share, dice: new Dice(seed) };
    if (!damage.harm(scene)) return 'its files have no such place';
    if (damage.isControl)
      for (const name of OTHERS) damage.harm({ ...scene, data: this.#cluster.dataOf(name) });
    await sleep(ABSENT_MS);
    const starts = damage.ending === undefined ? [] : hit.map(name => this.#cluster.startAgain(name));
    const [atStart] = await Promise.all(starts);
    this.#step('kill', TARGET, fromMs, !damage.isControl);

    if (atStart === undefined)
      await this.#needIt(() => this.#how === undefined && !this.#isFull && !damage.isControl);
    const found = this.#found(atStart);
    const said = this.#log.trim().split('\n').at(-1) ?? '';
    if (found === 'harmless' || damage.isControl) return { found, mended: undefined, said };
    await damage.mend(scene);
    return { found, mended: await this.#mended(), said };
  }

  /** Writes that nobody overwrites: each must still be there. */
  async #keep(from: number, until: number): Promise<void> {
    const overMs = this.#recorder.nowMs + KEEP_MS_MAX;
    await this.#ask('keeper', creates('kept', from, until), () => this.#recorder.nowMs > overMs);
  }

  /** Fills the disk, and writes until the acceptor has used up what its WAL has room for. */
  async #crowd(): Promise<void> {
    fill(this.#place.data);
    const overMs = this.#recorder.nowMs + CROWD_MS_MAX;
    const isOver = (): boolean => this.#isFull || this.#recorder.nowMs > overMs;
    const long = 'x'.repeat(LONG_VALUE_BYTES);
    await this.#ask('keeper', creates('long', 0, LONG_VALUES_MAX, long), isOver);
  }

  /** What a kill would leave now. */
  #snapshot(name: string, data: string): Files {
    const child = this.#cluster.child(name);
    child.signal('SIGSTOP');
    const files = readFiles(data);
    child.signal('SIGCONT');
    return files;
  }

  /** Of variables: what switches and registers are set to a proposer that lives on knows for good, and asks no acceptor. */
  async #slotsOf(files: Files): Promise<Intact['newest']> {
    const directory = mkdtempSync(join(tmpdir(), 'synod-intact-'));
    try {
      writeFiles(directory, files);
      const path = join(directory, 'acceptor.db');
      const store = await openSqliteStore({ path, cluster: CLUSTER, acceptor: TARGET });
      const asked = this.#recorder.events.filter(({ operation }) => operation.startsWith('variable.'));
      const slots = await store.load([...new Set(asked.map(({ key }) => key))]);
      await store.close();
      return slots;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /**
   * Without either other in turn there is no quorum but with it. Every key that was used is read, those that are left
   * at the end by all.
   */
  async #needIt(mustServe: () => boolean): Promise<void> {
    const reads = readsOfAll(this.#recorder).values();
    for (const other of OTHERS) {
      const fromMs = this.#recorder.nowMs;
      await this.#cluster.strike('pause', other);
      const asked = this.#ask('reader', reads, () => this.#recorder.nowMs > fromMs + PAUSE_MS);
      await sleep(PAUSE_MS);
      await this.#cluster.heal('pause', other);
      this.#step('pause', other, fromMs, mustServe());
      await asked;
      await sleep(REST_MS);
    }
    await this.#ask('reader', reads, () => false);
  }

  async #mended(): Promise<string> {
    const how = this.#how === undefined ? undefined : await this.#cluster.startAgain(TARGET);
    if (how !== undefined) return this.#refusal(how, 'at its start');
    await sleep(REST_MS);
    await this.#needIt(() => this.#how === undefined);
    return this.#how === undefined ? 'votes again' : this.#refusal(this.#how, 'in use');
  }

  #found(atStart: string | undefined): string {
    if (atStart !== undefined) return this.#refusal(atStart, 'at its start');
    if (this.#how !== undefined) return this.#refusal(this.#how, 'in use');
    if (this.#case.damage.isControl) return 'nothing, for nobody knows';
    return this.#isFull ? 'storage_full, goes on' : 'harmless';
  }

  /** 'exit 65 in use, quarantined' */
  #refusal(how: string, when: string): string {
    const quarantined = this.#log.includes('"event":"quarantined"') ? ', quarantined' : '';
    return `${how.replace('ended with exit code', 'exit')} ${when}${quarantined}`;
  }

  #judged(seen: Pick<DamageResult, 'found' | 'mended' | 'said'>, durationMs: number): DamageResult {
    const { damage, seed } = this.#case;
    const { events, samples } = this.#recorder;
    const lost = tokens(events);
    const stale = linearizability(events);
    const own = samples.filter(({ client }) => !['keeper', 'final'].includes(client));
    const idle = idleness(own, { durationMs, taken: this.#taken });
    const answers = samples.filter(({ outcome }) => outcome === 'answered').length;
    return {
      kind: damage.kind,
      seed,
      ...seen,
      answers,
      lost: lost.length,
      stale: stale.length,
      problems: damage.isControl ? notCaught(lost, stale) : [...lost, ...stale, ...idle],
    };
  }

  #step(fault: Fault, target: string, fromMs: number, mustServe: boolean): void {
    const untilMs = this.#recorder.nowMs;
    const step = { fault, targets: [target], mustServe };
    this.#taken.push({ step, fromMs, struckMs: fromMs, untilMs, healedMs: untilMs });
  }

  #ask(client: string, next: Iterator<Next>, isOver: () => boolean): Promise<void> {
    const askers = this.#clients.map(({ asker }) => asker);
    return askAll(askers, this.#recorder, { client, next, isOver });
  }

  get #how(): string | undefined {
    return this.#cluster.howEnded(TARGET);
  }

  /** The end of what it logged in its latest life. */
  get #log(): string {
    return tailOf(this.#cluster.child(TARGET).log);
  }

  get #isFull(): boolean {
    return this.#log.includes('storage_full');
  }
}

function creates(name: string, from: number, until: number, value = 'kept'): Iterator<Next> {
  const numbers = Array.from({ length: until - from }, (_, i) => from + i);
  return numbers
    .map((number): Next => ({ key: `${name}.${number}`, call: { operation: 'variable.create', value } }))
    .values();
}

function notCaught(...judges: readonly (readonly string[])[]): readonly string[] {
  return judges.every(({ length }) => length > 0) ? [] : ['the control was not caught'];
}
