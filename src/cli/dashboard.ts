// `synod dashboard`: a page that shows a cluster as it works.

import { Command } from 'commander';
import { startDashboard } from '../dashboard/dashboard.ts';
import { dashboardConfig, dashboardHelp } from '../node/config/dashboard-config.ts';
import { firstSignal } from './first-signal.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod dashboard --nats nats://n1:4222
  synod dashboard --listen 8080
  synod dashboard --listen 0.0.0.0:4280 --hosts synod.example.com

It shows who is up, silent or behind, throughput, latency and gaps, and any register that is asked for; it changes nothing.
It has no passwords: whoever reaches it can read every register. Keep it on loopback, or behind something that knows users.`;

export function dashboardCommand(): Command {
  const command = new Command('dashboard').description('serve a page that shows a cluster as it works');
  return addSettings(command, dashboardHelp)
    .addHelpText('after', PRECEDENCE + EXAMPLES)
    .action(async flags => {
      const stopped = firstSignal(() => process.exit(1));
      const dashboard = await startDashboard(dashboardConfig(flags, process.env));
      process.stdout.write(`The dashboard is at ${dashboard.url}. Ctrl-C stops it.\n`);
      await stopped;
      await dashboard.close();
      process.exit(0);
    });
}
