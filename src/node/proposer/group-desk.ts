// The desk for operators of several groups: decides where partitions go, and moves them, one small step a request, so that
// whoever asks can stop at any point and anybody can go on from what was decided. What a step is allowed to do is
// protocol/group-map.ts; why it is safe, rules G1 to G4.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../actors/clock.ts';
import {
  GROUPS_KEY,
  type GroupMap,
  GroupMapError,
  groupMapOf,
  groupsValue,
  ONE_GROUP,
  type Place,
  placeOf,
  withArrival,
  withGroup,
  withMove,
  withoutGroup,
} from '../../protocol/group-map.ts';
import { keysOfStay } from '../../protocol/moving.ts';
import { PARTITIONS } from '../../protocol/partition.ts';
import { isPastStay, prefixOfStay } from '../../protocol/stays.ts';
import { isPlainObject, sameValue } from '../../protocol/value.ts';
import { internalSubjects, isOperatorInbox } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { Groups } from '../engine/groups.ts';
import type { OwnRequests } from '../engine/own-requests.ts';
import type { Log } from '../process/log.ts';
import { KeyPages, NOBODY } from '../scan/key-pages.ts';

interface GroupDeskParts {
  readonly cluster: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly groups: Groups;
  readonly own: OwnRequests;
  /** To be throttled. */
  readonly log: Log;
}

interface Decided {
  readonly map: GroupMap;
  readonly version: number;
}

const QUEUE = 'operators';
const STEP_MS = 5000;
const ATTEMPTS_MAX = 8;
/** After so long, a step says how far it is. */
const BRING_MS = 1000;
/** Keys that are brought at once. After each lot it rests for as long as the lot took: half of the time is for clients. */
const AT_ONCE = 64;
const KEYS_PER_MS_MAX = 2.5;
/** How often whoever asked hears that a step is under way. */
const AT_WORK_MS = 1000;
const MEET_MS = 3000;
const MEET_ASK_MS = 50;

export class GroupDesk {
  readonly #parts: GroupDeskParts;
  readonly #subscriptions: readonly Subscription[];
  readonly #pages = new Map<string, KeyPages>();

  constructor(parts: GroupDeskParts) {
    const { cluster, transport } = parts;
    this.#parts = parts;
    const { groups, groupsAt } = internalSubjects(cluster);
    const onMessage = (message: Message): void => void this.#receive(message);
    this.#subscriptions = [
      transport.subscribe(groups, onMessage, { queue: QUEUE }),
      transport.subscribe(groupsAt(parts.groups.first.incarnation), onMessage),
    ];
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    for (const pages of this.#pages.values()) pages.close();
  }

  async #receive({ bytes, reply }: Message): Promise<void> {
    const { cluster, transport, groups, log } = this.#parts;
    if (!isOperatorInbox(cluster, reply)) return;
    const tellAtWork = (): void => {
      transport.publish(reply, Buffer.from(JSON.stringify({ atWork: groups.first.incarnation })));
    };
    tellAtWork();
    // Who asked must not wait long for a proposer that is gone, nor give up one that has much to bring.
    const timer = setInterval(tellAtWork, AT_WORK_MS);
    let told: object;
    try {
      told = { ok: true, ...(await this.#perform(JSON.parse(Buffer.from(bytes).toString()))) };
    } catch (error) {
      if (!(error instanceof GroupMapError || error instanceof SyntaxError)) {
        log('group_step_failed', { why: String(error) });
      }
      told = { ok: false, error: error instanceof Error ? error.message : String(error) };
    } finally {
      clearInterval(timer);
    }
    transport.publish(reply, Buffer.from(JSON.stringify(told)));
  }

  async #perform(asked: unknown): Promise<object> {
    const { step, group, acceptors, moves, partitions } = isPlainObject(asked) ? asked : {};
    switch (step) {
      case 'status':
        return this.#told(await this.#current());
      case 'add':
        return this.#add(String(group), namesOf(acceptors));
      case 'remove':
        return this.#told(await this.#decide(map => withoutGroup(map, String(group))));
      case 'move':
        return this.#told(await this.#decide(map => movesOf(moves).reduce(withMoveTo, map)));
      case 'bring':
        return this.#bring(partitionsOf(partitions));
      default:
        throw new GroupMapError(`there is no step '${String(step)}'`);
    }
  }

  #told({ map }: Decided): object {
    const { acceptors } = this.#parts.groups.first.configuration();
    const value = groupsValue(map);
    if (!isPlainObject(value) || !isPlainObject(value.groups)) throw new GroupMapError('there is no map');
    return { ...value, groups: { ...value.groups, main: [...acceptors] } };
  }

  async #current(): Promise<Decided> {
    const answer = await this.#parts.own.ask(
      GROUPS_KEY,
      { operation: { type: 'variable.read' }, id: undefined },
      STEP_MS,
    );
    if (answer.kind !== 'done') throw new GroupMapError('too few acceptors tell which groups there are');
    const { set, value, version } = answer.view;
    const decided = { map: set ? groupMapOf(value) : ONE_GROUP, version };
    this.#parts.groups.learn(decided.map, version);
    return decided;
  }

  /** Makes what `next` gives the map; nothing is written when that is the map itself. */
  async #decide(next: (map: GroupMap) => GroupMap): Promise<Decided> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const { map, version } = await this.#current();
      const wanted = next(map);
      if (wanted === map) return { map, version };
      const value = groupsValue(wanted);
      await this.#parts.own.ask(
        GROUPS_KEY,
        {
          operation:
            version === 0
              ? { type: 'variable.create', value }
              : { type: 'variable.cas', value, expect: { by: 'version', version } },
          id: undefined,
        },
        STEP_MS,
      );
      const decided = await this.#current();
      if (sameValue(groupsValue(decided.map), value)) return decided;
    }
    throw new GroupMapError('others change the map at the same time: try again');
  }

  /** Not before it answers: what it is given to keep must not wait for somebody to start it. */
  async #add(group: string, acceptors: readonly string[]): Promise<object> {
    const { groups } = this.#parts;
    const { map } = await this.#current();
    const first = groups.first.configuration().acceptors.find(id => acceptors.includes(id));
    if (first !== undefined) throw new GroupMapError(`${first} is an acceptor of the group main`);
    withGroup(map, group, acceptors);
    const engine = groups.meet(group, acceptors);
    for (let waitedMs = 0; engine.membership() === undefined; waitedMs += MEET_ASK_MS) {
      if (waitedMs >= MEET_MS) {
        groups.leave(group);
        throw new GroupMapError(
          `no acceptor of the group ${group} tells that the group is formed: start all of ${acceptors.join(', ')} with --group ${group} and --acceptors ${acceptors.join(',')} first`,
        );
      }
      engine.askEpoch();
      await delay(MEET_ASK_MS);
    }
    return this.#told(await this.#decide(current => withGroup(current, group, acceptors)));
  }

  /** As many as there is time for. */
  async #bring(partitions: readonly number[]): Promise<object> {
    const { clock } = this.#parts;
    const untilMs = clock.nowMs() + BRING_MS;
    const arrived = new Map<number, Place>();
    let keys = 0;
    const { map } = await this.#current();
    for (const partition of partitions) {
      const place = placeOf(map, partition);
      if (place.from !== undefined) keys += await this.#bringAll(partition, place);
      arrived.set(partition, place);
      if (clock.nowMs() >= untilMs) break;
    }
    await this.#decide(current =>
      [...arrived].reduce((next, [partition, place]) => withArrival(next, partition, place), current),
    );
    return { partitions: [...arrived.keys()], keys };
  }

  /** G1, G3, G4. @returns how many keys. */
  async #bringAll(partition: number, place: Place): Promise<number> {
    const { from } = place;
    if (from === undefined) return 0;
    const { groups } = this.#parts;
    const engine = groups.engine(from.group);
    if (!(await groups.begin(partition, place, STEP_MS))) throw noQuorum(from.group);
    let count = 0;
    for (let after: string | undefined = prefixOfStay(from.number); after !== undefined; ) {
      const startedMs = performance.now();
      const { epoch } = engine.configuration();
      const page = await this.#pagesOf(from.group).page(
        { partition, after, source: NOBODY, isOver: false },
        epoch,
      );
      const keys = page && keysOfStay(engine.configuration(), page.told, from.number);
      if (page === undefined || keys === undefined || engine.configuration().epoch !== epoch)
        throw noQuorum(from.group);
      for (let at = 0; at < keys.length; at += AT_ONCE) {
        const some = keys.slice(at, at + AT_ONCE);
        const brought = await Promise.all(some.map(key => groups.bring(key, place, STEP_MS)));
        if (brought.includes(false)) throw noQuorum(place.group);
      }
      count += keys.length;
      after = page.next;
      if (after !== undefined && isPastStay(from.number, after)) after = undefined;
      const tookMs = performance.now() - startedMs;
      await delay(Math.max(tookMs, keys.length / KEYS_PER_MS_MAX - tookMs));
    }
    return count;
  }

  #pagesOf(group: string): KeyPages {
    const known = this.#pages.get(group);
    if (known !== undefined) return known;
    const { groups, transport, log } = this.#parts;
    const { incarnation, configuration } = groups.engine(group);
    const pages = new KeyPages({ incarnation: `${incarnation}-mover`, transport, configuration, log });
    this.#pages.set(group, pages);
    return pages;
  }
}

function noQuorum(group: string): GroupMapError {
  return new GroupMapError(`too few acceptors of the group ${group} answer: try again`);
}

function withMoveTo(map: GroupMap, [partition, group]: readonly [number, string]): GroupMap {
  return withMove(map, partition, group);
}

function namesOf(candidate: unknown): readonly string[] {
  return Array.isArray(candidate) ? candidate.map(String) : [];
}

function movesOf(candidate: unknown): readonly (readonly [number, string])[] {
  const entries = isPlainObject(candidate) ? Object.entries(candidate) : [];
  partitionsOf(entries.map(([partition]) => partition));
  return entries.map(([partition, group]) => [Number(partition), String(group)]);
}

function partitionsOf(candidate: unknown): readonly number[] {
  const partitions = Array.isArray(candidate) ? candidate.map(Number) : [];
  const stranger = partitions.find(number => !Number.isInteger(number) || number < 0 || number >= PARTITIONS);
  if (stranger !== undefined) throw new GroupMapError(`there is no partition ${stranger}`);
  return partitions;
}
