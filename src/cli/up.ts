// `synod up`: a whole cluster on this machine, in the foreground, until Ctrl-C.

import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { startDashboard } from '../dashboard/dashboard.ts';
import { loadChanges } from '../node/changes/change-modules.ts';
import { DASHBOARD_PORT, dashboardConfig } from '../node/config/dashboard-config.ts';
import { nodeEnvironment, type UpConfig, upConfig } from '../node/config/up-config.ts';
import { LocalCluster } from '../node/local/local-cluster.ts';
import { describeCluster, headline, notesOn } from './cluster-text.ts';
import { failureText } from './failure.ts';
import { firstSignal } from './first-signal.ts';
import { canServe, Onlooker, type UpSight } from './up-sight.ts';

const EXAMPLES = `
Examples:
  synod up
  synod up --data /var/lib/synod --nats-port 4555
  synod up --nats nats://127.0.0.1:4222 --acceptors 5 --proposers 3
  npm start -- --data ./other --nats-port 0

DIR holds one directory an acceptor, logs/, and cluster.json with every pid while the cluster is ready. Starting
again with the same DIR finds all data. The nodes inherit the environment: SYNOD_REQUESTS_MAX and others work.
A process that dies is started again. Ctrl-C finishes what is in hand and stops all of it; twice ends it at once.`;

/** After which it goes on without an acceptor that neither votes nor says why not. */
const ACCEPTORS_MS_MAX = 30_000;
/** While acceptors start they are asked so often how they are, and a person is told so often for whom it waits. */
const LOOK_MS = 500;
const LINE_MS = 5000;
/** Afterwards so often, until all that may come are there. */
const FOLLOW_MS = 2000;

export function upCommand(): Command {
  return new Command('up')
    .description('run a whole cluster on this machine: nats-server, acceptors, proposers')
    .option('--data <DIR>', 'where everything is kept (default .synod)')
    .option('--nats <URLS>', 'use NATS servers that run (default NATS_URL, else one of its own)')
    .option('--nats-port <PORT>', 'port of its own nats-server, 0 for any that is free (default 4222)')
    .option(
      '--nats-monitor-port <PORT>',
      'port for its HTTP monitoring, 0 for any that is free (default none)',
    )
    .option(
      '--nats-websocket-port <PORT>',
      'port for pages in browsers, 0 for any that is free (default none)',
    )
    .option('--nats-websocket-origins <URLS>', 'where such pages are loaded from, as http://localhost:8080')
    .option(
      '--dashboard-port <PORT>',
      'port of the dashboard, 0 for any that is free (default 4280, or any if that is taken)',
    )
    .option('--acceptors <N>', 'how many acceptors; fixed once DIR is made (default 3)')
    .option('--proposers <N>', 'how many proposers (default 2)')
    .addHelpText('after', EXAMPLES)
    .action(async flags => {
      // A terminal that is closed or a `| head` that has enough is no reason to let a cluster fall.
      process.stdout.on('error', () => {});
      const config = upConfig(flags, process.env);
      // Each proposer would find the same fault, and say so to its log.
      await loadChanges(config.changes);
      await up(new LocalCluster(config, say), config);
    });
}

async function up(cluster: LocalCluster, config: UpConfig): Promise<never> {
  const stopping = firstSignal(() => {
    say('ending everything at once');
    cluster.kill();
    process.exit(1);
  });
  try {
    const served = serve(cluster, config);
    await Promise.race([served, stopping]);
    say(`${await stopping}: stopping`);
  } finally {
    await cluster.stop();
  }
  process.exit(0);
}

/**
 * Starts it, and tells how it is once nothing more is to be waited for. Where no majority votes it stays up: members that
 * others start need its NATS server.
 */
async function serve(cluster: LocalCluster, config: UpConfig): Promise<void> {
  const startMs = performance.now();
  const { acceptors } = await cluster.begin(null);
  const natsUrl = cluster.members.nats.url;
  const onlooker = await Onlooker.open({ config, natsUrl });
  const sight = await waited(acceptors, { cluster, onlooker });
  acceptors.catch((error: unknown) => say(failureText(error)));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const dashboard = await dashboardOf(cluster, config);
  const notes = notesOn(config, cluster.natsVersion);
  const show = (seen: UpSight): void => {
    if (canServe(seen)) cluster.showReady();
    say(
      `${headline(seen, seconds)}\n\n${describeCluster(cluster.members, config, { dashboard, sight: seen, notes })}`,
    );
  };
  show(sight);
  await followed(sight, { look: () => onlooker.look(cluster), show });
  await onlooker.close();
}

interface Waiting {
  readonly cluster: LocalCluster;
  readonly onlooker: Onlooker;
}

/** Waits until every acceptor votes or cannot, or has had its time, and says for whom it waits. */
async function waited(acceptors: Promise<void>, { cluster, onlooker }: Waiting): Promise<UpSight> {
  const settled = acceptors.then(() => 'settled' as const);
  settled.catch(() => undefined);
  const startMs = performance.now();
  for (let lines = 1; ; ) {
    const outcome = await Promise.race([settled, sleep(LOOK_MS, 'later' as const)]);
    const sight = await onlooker.look(cluster);
    const waitedMs = performance.now() - startMs;
    const { voting, coming, majority } = sight;
    const isInVain = coming.length === 0 || voting + coming.length < majority;
    if (outcome === 'settled' || isInVain || waitedMs > ACCEPTORS_MS_MAX) return sight;
    if (waitedMs < lines * LINE_MS) continue;
    lines += 1;
    const whys = coming.map(id => sight.whys.get(id));
    say(
      `waiting since ${Math.round(waitedMs / 1000)} s (${ACCEPTORS_MS_MAX / 1000} at most). ${whys.join(' ')}`,
    );
  }
}

interface Follower {
  readonly look: () => Promise<UpSight>;
  readonly show: (sight: UpSight) => void;
}

/** Tells of those that come later, and when the cluster can serve after all. Ends when there is nobody to wait for. */
async function followed(first: UpSight, { look, show }: Follower): Promise<void> {
  let before = first;
  while (before.coming.length > 0 || !canServe(before)) {
    await sleep(FOLLOW_MS, undefined, { ref: false });
    const sight = await look();
    if (canServe(sight) && !canServe(before)) show(sight);
    else for (const id of before.whys.keys()) if (!sight.whys.has(id)) say(`acceptor ${id} votes`);
    before = sight;
  }
}

/** @returns its URL. A cluster does without it: when it cannot be had, that is said, and nothing else happens. */
async function dashboardOf(cluster: LocalCluster, config: UpConfig): Promise<string | undefined> {
  const { dashboardPort } = config;
  const ports = dashboardPort === null ? [DASHBOARD_PORT, 0] : [dashboardPort];
  const flags = { nats: cluster.members.nats.url, acceptors: config.acceptors };
  let why = '';
  for (const port of ports) {
    try {
      const settings = dashboardConfig({ ...flags, listen: String(port) }, nodeEnvironment(process.env));
      return (await startDashboard(settings, () => cluster.leftStopped())).url;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  say(`There is no dashboard: ${why}`);
  return undefined;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
