// Cuts the power at places of a record, opens what the disk may hold then with the real store, and looks whether
// the acceptor still stands by every vote that it had sent.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Slot } from '../../src/protocol/acceptor.ts';
import { compareBallots } from '../../src/protocol/ballot.ts';
import { encodeSlot } from '../../src/storage/slot-record.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import type { Dice } from '../simulation/dice.ts';
import type { Call } from './calls.ts';
import { FATES, type Fate, RecordedDisk } from './disk.ts';
import { RECORDED_OWNER, type Recording } from './recording.ts';
import { standsBy, type Vote } from './votes.ts';
import { KEYS } from './workload.ts';

export interface Cut {
  readonly place: number;
  readonly fate: Fate;
}

export interface CutsDone {
  readonly cuts: number;
  /** While a checkpoint moved pages from the WAL into the file, or the WAL was begun anew. */
  readonly inCheckpoints: number;
  /** In words: which cut, and what was wrong then. */
  readonly faults: readonly string[];
}

/** Every place after the beginning and after the end of a call, with every fate. */
export function allCuts({ calls }: Recording): readonly Cut[] {
  const places = new Set<number>();
  for (const { start, end } of calls) {
    places.add(start + 1);
    if (end !== Number.POSITIVE_INFINITY) places.add(end + 1);
  }
  return [...places].sort((a, b) => a - b).flatMap(place => FATES.map(fate => ({ place, fate })));
}

/** Some of them: half in checkpoints, a quarter between the write and the sync or the send of a commit. */
export function someCuts(recording: Recording, count: number, dice: Dice): readonly Cut[] {
  const cuts = allCuts(recording);
  const isIn = checkpoints(recording.calls);
  const inCheckpoints = cuts.filter(({ place }) => isIn(place));
  const critical = new Set(
    recording.calls.filter(({ kind }) => kind === 'sync' || kind === 'send').map(({ start }) => start + 1),
  );
  const atVotes = cuts.filter(({ place }) => critical.has(place));
  const pools = [inCheckpoints, inCheckpoints, atVotes, cuts];
  return Array.from({ length: count }, (_, i) => dice.pick(pools[i % pools.length] ?? cuts));
}

export async function tryCuts(recording: Recording, cuts: readonly Cut[], dice: Dice): Promise<CutsDone> {
  const disk = new RecordedDisk(recording.calls);
  const isWritten = everWritten(recording);
  const isIn = checkpoints(recording.calls);
  const faults: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'synod-cut-'));
  try {
    for (const { place, fate } of cuts) {
      const folder = join(directory, String(place));
      mkdirSync(folder, { recursive: true });
      for (const [path, bytes] of disk.at(place, fate, dice))
        writeFileSync(join(folder, basename(path)), bytes);
      const found = await faultsIn(folder, needed(recording.votes, place), isWritten);
      faults.push(...found.map(fault => `at ${place}, ${fate} of what was not synced: ${fault}`));
      rmSync(folder, { recursive: true });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return { cuts: cuts.length, inCheckpoints: cuts.filter(({ place }) => isIn(place)).length, faults };
}

type Needed = Omit<Vote, 'sentAt' | 'kind'>;

/** For each key, the promise and the acceptance that the votes sent before `place` call for. */
function needed(votes: readonly Vote[], place: number): readonly Needed[] {
  const needs = new Map<string, Needed>();
  for (const vote of votes) {
    if (vote.sentAt >= place) break;
    const other = needs.get(vote.key) ?? vote;
    const order = compareBallots(vote.accepted, other.accepted);
    needs.set(vote.key, {
      key: vote.key,
      promised: compareBallots(vote.promised, other.promised) > 0 ? vote.promised : other.promised,
      accepted: order > 0 ? vote.accepted : other.accepted,
      value: order > 0 ? vote.value : (other.value ?? vote.value),
    });
  }
  return [...needs.values()];
}

async function faultsIn(
  folder: string,
  needs: readonly Needed[],
  isWritten: (key: string, slot: Slot) => boolean,
): Promise<readonly string[]> {
  try {
    const store = await openSqliteStore({ path: join(folder, 'acceptor.db'), ...RECORDED_OWNER });
    try {
      const found = await store.load(KEYS);
      const lost = needs.filter(need => !standsBy(found.get(need.key), need));
      const strange = [...found].filter(([key, slot]) => !isWritten(key, slot));
      return [
        ...lost.map(({ key }) => `a vote on '${key}' is lost`),
        ...strange.map(([key]) => `the slot of '${key}' was never written`),
      ];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [String(error)];
  }
}

function everWritten({ written }: Recording): (key: string, slot: Slot) => boolean {
  const records = new Set<string>();
  const recordOf = (key: string, slot: Slot): string =>
    `${key} ${encodeSlot({ storeId: '', key }, slot).toString('base64')}`;
  for (const { slots } of written) for (const [key, slot] of slots) records.add(recordOf(key, slot));
  return (key, slot) => records.has(recordOf(key, slot));
}

/** From a write into the file on to the next sync of the WAL behind its new beginning. */
function checkpoints(calls: readonly Call[]): (place: number) => boolean {
  const spans: { readonly from: number; to: number }[] = [];
  let isOpen = false;
  for (const call of calls) {
    if (call.path.endsWith('.db') && call.kind === 'write' && !isOpen) {
      spans.push({ from: call.start, to: Number.POSITIVE_INFINITY });
      isOpen = true;
    }
    const last = spans.at(-1);
    const isSync = call.kind === 'sync' && call.end !== Number.POSITIVE_INFINITY;
    if (isOpen && last !== undefined && call.path.endsWith('-wal') && isSync) {
      last.to = call.end;
      isOpen = false;
    }
  }
  return place => spans.some(({ from, to }) => from < place && place <= to);
}
