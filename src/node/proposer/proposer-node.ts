// A proposer as a process: its connections, its change functions, its life.

import { systemClock } from '../../actors/clock.ts';
import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { largeApart } from '../../transport/large-apart.ts';
import { connectNats } from '../../transport/nats-transport.ts';
import { isEventSubject } from '../../transport/subjects.ts';
import { loadChanges } from '../changes/change-modules.ts';
import type { ProposerConfig } from '../config/config.ts';
import { internalNatsOptions, natsOptions } from '../config/nats-options.ts';
import { endingOf } from '../process/ending.ts';
import { flushed } from '../process/flushed.ts';
import { stderrLog } from '../process/log.ts';
import { NodeHttp } from '../process/node-http.ts';
import type { Serving } from '../process/serving.ts';
import { soleFounder } from '../process/sole-founder.ts';
import { openStatus } from '../process/status.ts';
import { keepRequestsYoung } from '../process/v8-flags.ts';
import { packageVersion } from '../process/version.ts';
import { checkNeighbours } from '../service/neighbours.ts';
import { startProposer } from './proposer.ts';
import { proposerMetrics, proposerTold } from './proposer-sight.ts';

/** Who asks how it is waits so long at most for the newest map of the groups. */
const LOOK_MS = 250;

/** Serves until `signal` is aborted, then answers what it has in hand. Rejects when it cannot serve. */
export async function runProposer(config: ProposerConfig, { signal, onReady }: Serving): Promise<void> {
  keepRequestsYoung();
  const { name, cluster, acceptors, prefix, limits } = config;
  const log = stderrLog(name, config.logFormat);
  const http = await NodeHttp.open(config.http, log);
  const changes = await loadChanges(config.changes);
  const transport = await connectNats({
    ...internalNatsOptions(config.nats, `synod-proposer-${name}`, log),
    signal,
  });
  // Another connection even where it is let in by the same credentials: what acceptors answer must not wait behind
  // all that clients ask.
  const clientOptions = (way: string): Parameters<typeof connectNats>[0] => ({
    ...natsOptions(config.apiNats ?? config.nats, `synod-proposer-${name}-${way}`, log),
    signal,
  });
  const api = await connectNats(clientOptions('api'));
  // Nor what is small behind what somebody asks for and does not read.
  const large = await connectNats(clientOptions('large'));
  await checkNeighbours(api, { cluster, prefix });
  const founder = await soleFounder(transport, cluster);
  const { ended, fail, isOver } = endingOf(signal);
  const version = packageVersion();
  const clock = systemClock();
  const proposer = startProposer({
    name,
    version,
    prefix,
    configuration: { cluster, founder, epoch: FIRST_EPOCH, acceptors },
    limits,
    homesMax: config.homes,
    asks: config.asks,
    hasEvents: config.hasEvents,
    collects: config.collects,
    slowMs: config.slowMs,
    changes,
    transport,
    api: largeApart(api, large, subject => isEventSubject(prefix, subject)),
    clock,
    log,
    onFailure: fail,
  });
  const sight = {
    name,
    cluster,
    version,
    http: http.url,
    changes: [...changes.keys()].filter(change => change.includes('@')),
    nowMs: () => clock.nowMs(),
    ...proposer,
  };
  openStatus(transport, cluster, async () => {
    // A proposer whose clients ask for nothing that was moved does not hear of moves by itself.
    await proposer.groups.looked(LOOK_MS);
    return proposerTold(sight);
  });
  let isDraining = false;
  http.show(() => {
    if (isDraining) return 'it stops';
    return transport.isConnected && api.isConnected && large.isConnected
      ? undefined
      : 'it is not connected to NATS';
  }, proposerMetrics(sight));
  try {
    const flushing = [transport, api].map(each => flushed(each, isOver));
    const areFlushed = await Promise.race([ended, Promise.all(flushing)]);
    if (areFlushed?.every(isFlushed => isFlushed)) {
      log('ready', { incarnation: proposer.incarnation });
      onReady();
    }
    await ended;
    isDraining = true;
    await proposer.drain();
  } finally {
    http.close();
    await Promise.all([transport.close(), api.close(), large.close()]);
  }
  log('stopped');
}
