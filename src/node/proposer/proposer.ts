// Wires a proposer actor to the acceptors and to its clients.

import type { Clock } from '../../actors/clock.ts';
import { PLACES_STANDING_BY } from '../../actors/homes.ts';
import type { ChangeTable } from '../../protocol/changes.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import type { RequestLimits } from '../../transport/request-codec.ts';
import type { Transport } from '../../transport/transport.ts';
import { Groups } from '../engine/groups.ts';
import { OwnRequests } from '../engine/own-requests.ts';
import type { Engine } from '../engine/proposer-engine.ts';
import { type Log, throttled } from '../process/log.ts';
import { CollectorCounts } from '../scan/collector-counts.ts';
import { Lister } from '../scan/lister.ts';
import { BatchDesk } from '../service/batch-desk.ts';
import { ClientDesk } from '../service/client-desk.ts';
import { type ServiceIdentity, startDiscovery } from '../service/discovery.ts';
import { Hints } from '../service/hints.ts';
import { HomeWatch } from '../service/home-watch.ts';
import { InboxDelay } from '../service/inbox-delay.ts';
import { PassDesk } from '../service/pass-desk.ts';
import { ServiceStats } from '../service/service-stats.ts';
import { Wakefulness } from '../service/wakefulness.ts';
import { GroupDesk } from './group-desk.ts';
import { GroupWork } from './group-work.ts';

export interface ProposerParts {
  readonly name: string;
  readonly version: string;
  readonly prefix: string;
  readonly configuration: Configuration;
  readonly limits: RequestLimits & { readonly requestsMax: number; readonly memoryBytesMax: number };
  /** How many proposers share the keys at most; the same for all of them. */
  readonly homesMax: number;
  /** Whether it collects deleted registers without being asked to. */
  readonly collects: boolean;
  /** Whether watchers are told of each change. */
  readonly hasEvents: boolean;
  /** Whom it asks to vote at once: as many acceptors as are a quorum (default), or all. */
  readonly asks?: 'quorum' | 'all';
  /** A request that takes longer is logged. */
  readonly slowMs: number;
  readonly changes: ChangeTable;
  /** To the acceptors. */
  readonly transport: Transport;
  /** To clients; may be the same. */
  readonly api: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

/** What there is to see of one. */
export type SeenEngine = Pick<Engine, 'configuration' | 'membership' | 'rounds' | 'turns'>;

export interface RunningProposer {
  readonly incarnation: string;
  /** That of the first group. */
  readonly engine: SeenEngine;
  readonly groups: Pick<Groups, 'map' | 'version' | 'events' | 'waiting' | 'looked'> & {
    readonly engines: ReadonlyMap<string, SeenEngine>;
  };
  readonly stats: ServiceStats;
  readonly desk: Pick<ClientDesk, 'waiting' | 'waitsSinceMs'>;
  readonly passes: Pick<PassDesk, 'waiting' | 'homeOf' | 'fellows'>;
  readonly collected: CollectorCounts;
  /** By group. */
  readonly work: ReadonlyMap<string, Pick<GroupWork, 'erasing'>>;
  /** Takes in no more requests and resolves when those in hand are answered, or after a while without. */
  drain(): Promise<void>;
}

const DRAIN_MS_MAX = 3000;
/** Until the others have heard that this one leaves and stand in its place; what was passed or sent here before is served. */
const GOODBYE_MS = 50;
const DRAIN_POLL_MS = 10;

export function startProposer(parts: ProposerParts): RunningProposer {
  const { api, clock } = parts;
  const log = throttled(parts.log);
  const stats = new ServiceStats();
  const inboxDelay = new InboxDelay(clock, api);
  const wakefulness = new Wakefulness(clock, api);
  const collected = new CollectorCounts();
  const work = new Map<string, GroupWork>();
  const own = new OwnRequests(clock, input => groups.request(input));
  const hints = new Hints(parts.prefix, api);
  const inside = { transport: parts.transport, clock, log };
  const groups = new Groups({
    ...parts,
    log,
    onAnswer: (token, answer) => {
      if (OwnRequests.isOwn(token)) own.answer(token, answer);
      else desk.answer(token, answer);
    },
    onChosen: (key, version) => {
      if (parts.hasEvents) hints.announce(key, version);
    },
    onGroup: (group, engine) => {
      work.get(group)?.close();
      const isHome = (partition: number): boolean => passDesk.isHomeOf(partition);
      const ofGroup = { group, engine, groups: () => groups, own, counts: collected, isHome };
      work.set(group, new GroupWork({ ...inside, ...ofGroup, collects: parts.collects }));
    },
    onNoGroup: group => {
      work.get(group)?.close();
      work.delete(group);
    },
  });
  const { first: engine } = groups;
  const { incarnation } = engine;
  const lister = new Lister({ ...inside, groups, own });
  const batches = new BatchDesk({ ...parts, transport: api, log, stats });
  const desk = new ClientDesk({
    ...parts,
    transport: api,
    incarnation,
    log,
    stats,
    hints,
    batches,
    inboxDelayMs: nowMs => inboxDelay.at(nowMs),
    isBehind: nowMs => wakefulness.isBehind(nowMs),
    onRequest: groups.request,
    list: (request, sinceMs) => lister.list(request, sinceMs),
    isHomeFull: key => passDesk.isFull(key),
    passesWaiting: () => passDesk.waiting,
    pass: (key, request, isRead) => passDesk.pass(key, request, isRead),
    giveBack: (pass, reply, told) => passDesk.giveBack(pass, reply, told),
  });
  const passDesk = new PassDesk({
    ...parts,
    configuration: engine.configuration,
    incarnation,
    log,
    passesMax: parts.limits.requestsMax,
    isReachable: () => api.isConnected,
    isFull: () => desk.isFull,
    onPlaces: (places, firstHome) => {
      homeWatch.askLost(passDesk.lost);
      const isNeeded = places !== PLACES_STANDING_BY || !homeWatch.sees(firstHome);
      // What the watch asks goes the same road.
      if (isNeeded) inboxDelay.look();
      if (inside.transport.isConnected) apartSinceMs = undefined;
      else apartSinceMs ??= clock.nowMs();
      if (!isOpen) return;
      if (apartSinceMs === undefined) desk.stand(isNeeded ? places : 0);
      else if (passDesk.fellows.size > 0 && clock.nowMs() - apartSinceMs >= GOODBYE_MS) desk.withdraw();
    },
    onPassed: passed => desk.serve(passed),
    onReturned: returned => desk.forward(returned),
  });
  const groupDesk = new GroupDesk({ ...inside, cluster: parts.configuration.cluster, groups, own });
  const homeWatch = new HomeWatch({
    incarnation,
    transport: api,
    clock,
    isStanding: () => desk.standsAsHome && inside.transport.isConnected,
    patienceMs: home => passDesk.patienceMs(home),
    onAnswer: (home, tookMs) => passDesk.learn(home, tookMs),
    onLost: home => passDesk.lose(home),
    onFound: home => passDesk.find(home),
  });
  /** Since when it reaches no acceptor: others may. */
  let apartSinceMs: number | undefined;
  let isOpen = true;
  passDesk.open();
  desk.stand(PLACES_STANDING_BY);
  const stopDiscovery = startDiscovery(api, identityOf(parts, incarnation), stats);
  return {
    incarnation,
    engine,
    groups,
    stats,
    desk,
    passes: passDesk,
    collected,
    work,
    drain: async () => {
      stopDiscovery();
      isOpen = false;
      homeWatch.close();
      passDesk.leave();
      const untilMs = clock.nowMs() + DRAIN_MS_MAX;
      await new Promise(resolve => setTimeout(resolve, GOODBYE_MS));
      desk.close();
      while (
        desk.waiting + lister.waiting + batches.waiting + passDesk.waiting > 0 &&
        clock.nowMs() < untilMs
      ) {
        await new Promise(resolve => setTimeout(resolve, DRAIN_POLL_MS));
      }
      passDesk.close();
      for (const ofGroup of work.values()) ofGroup.close();
      groupDesk.close();
      lister.close();
      batches.close();
      wakefulness.close();
      groups.stop();
    },
  };
}

function identityOf(parts: ProposerParts, incarnation: string): ServiceIdentity {
  const { prefix, version, configuration, changes } = parts;
  const metadata = {
    cluster: configuration.cluster,
    prefix,
    incarnation,
    changes: [...changes.keys()].join(','),
  };
  return { prefix, version, metadata };
}
