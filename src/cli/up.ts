// `synod up`: a whole cluster on this machine, in the foreground, until Ctrl-C.

import { Command } from 'commander';
import { startDashboard } from '../dashboard/dashboard.ts';
import { DASHBOARD_PORT, dashboardConfig } from '../node/config/dashboard-config.ts';
import { nodeEnvironment, type UpConfig, upConfig } from '../node/config/up-config.ts';
import { LocalCluster } from '../node/local/local-cluster.ts';
import { describeCluster } from './cluster-text.ts';
import { firstSignal } from './first-signal.ts';

const EXAMPLES = `
Examples:
  synod up
  synod up --data /var/lib/synod --nats-port 4555
  synod up --nats nats://127.0.0.1:4222 --acceptors 5 --proposers 3
  npm start -- --data ./other --nats-port 0

DIR holds one directory an acceptor, logs/, and cluster.json with every pid while the cluster is ready. Starting
again with the same DIR finds all data. The nodes inherit the environment: SYNOD_REQUESTS_MAX and others work.
A process that dies is started again. Ctrl-C finishes what is in hand and stops all of it; twice ends it at once.`;

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
    const startMs = performance.now();
    const outcome = await Promise.race([cluster.start(), stopping]);
    if (outcome === undefined) {
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      const dashboard = await dashboardOf(cluster, config);
      say(
        `Synod is up (${seconds} s). Ctrl-C stops it.\n\n${describeCluster(cluster.members, config, dashboard)}`,
      );
    }
    say(`${await stopping}: stopping`);
  } finally {
    await cluster.stop();
  }
  process.exit(0);
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
