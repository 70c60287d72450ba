// What operators see of a cluster with two groups of acceptors: on the page in a real browser, in `synod status` and in
// `synod verify`, while an acceptor of the second group and a proposer are paused.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Browser } from 'playwright-core';
import { type Client, connect } from '../../src/index.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { TestCluster } from '../integration/local-cluster.ts';
import { findChromium, openChromium, openDashboard, picture } from './browser.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const chromium = findChromium();
const inBrowser = chromium === undefined ? test.serial.skip : test.serial;
const KEYS = Array.from({ length: 40 }, (_, i) => `orders.${i}`);

const cluster = new TestCluster();
let browser: Browser | undefined;
let client: Client;
let keyOfEast = '';

test.before(async () => {
  const { nats } = await cluster.start();
  client = await connect({ servers: nats.url });
  for (const key of KEYS) await client.variable(key).write({ of: key });
  await cluster.addGroup('east', ['e1', 'e2', 'e3']);
  await cluster.run('rebalance');
  const { groups } = JSON.parse(await cluster.run('group', 'status', '--json'));
  keyOfEast = KEYS.find(key => groups.east.partitions.includes(partitionOf(key))) ?? '';
  if (chromium !== undefined) browser = await openChromium(chromium);
});
test.after.always(async () => {
  await browser?.close();
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

/** Whatever it ends with. */
function synod(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise(resolve => {
    const all = [MAIN, ...args, '--nats', cluster.members().nats.url];
    execFile(process.execPath, all, (error, stdout) => resolve({ code: Number(error?.code ?? 0), stdout }));
  });
}

inBrowser('the page shows both groups, who of them is silent, and where a register is', async t => {
  if (browser === undefined) throw new Error('there is no browser');
  const options = { colorScheme: 'light', viewport: { width: 1280, height: 800 } } as const;
  const { page, mistakes } = await openDashboard(t, { browser, url: cluster.dashboard, options });
  const east = page.locator('.group[data-group="east"]');
  await east.locator('.card[data-node="e3"][data-state="up"]').waitFor();
  t.is(await east.locator('h4.group-title').textContent(), 'group east · 128 of 256 partitions · epoch 1');
  t.is(await east.locator('.card').count(), 3);
  t.is(await page.locator('.group[data-group="main"] .card').count(), 3);
  process.kill(cluster.pidOf('e2'), 'SIGSTOP');
  t.teardown(() => process.kill(cluster.pidOf('e2'), 'SIGCONT'));
  await east.locator('.card[data-node="e2"][data-state="silent"]').waitFor();
  t.is(await page.locator('#verdict').textContent(), 'it goes on: 5 of 6 vote');
  await page.fill('#key', keyOfEast);
  await page.keyboard.press('Enter');
  const inspected = page.locator('#inspected');
  await inspected.locator('table').waitFor();
  const text = (await inspected.textContent()) ?? '';
  t.true(text.includes(`partition ${partitionOf(keyOfEast)} · group east`), text);
  const rows = await inspected
    .locator('tbody tr')
    .evaluateAll(all => all.map(row => [...row.children].map(cell => cell.textContent ?? '')));
  t.deepEqual(
    rows.map(([acceptor, ballot]) => [acceptor, ballot === 'silent' ? 'silent' : 'held']),
    [
      ['e1', 'held'],
      ['e2', 'silent'],
      ['e3', 'held'],
    ],
  );
  await picture(page, 'dashboard-groups');
  t.deepEqual(mistakes, []);
});

test.serial('synod status tells of every group, and of a proposer that is silent', async t => {
  const [paused] = cluster.members().proposers;
  if (paused === undefined) throw new Error('there is no proposer');
  process.kill(paused.pid, 'SIGSTOP');
  t.teardown(() => process.kill(paused.pid, 'SIGCONT'));
  const { stdout } = await synod('status');
  t.regex(stdout, /^group main, 128 partitions, epoch 1$/m);
  t.regex(stdout, /^group east, 128 partitions, epoch 1$/m);
  t.regex(stdout, /^e1 +voting +1 /m);
  t.regex(stdout, new RegExp(`^${paused.id}: silent, heard by another proposer \\d+ s ago$`, 'm'));
  const status = JSON.parse((await synod('status', '--json')).stdout);
  t.deepEqual(
    status.silentProposers.map(({ name }: { name: string }) => name),
    [paused.id],
  );
  t.like(status, { partitions: 128, coming: 0, going: 0, moves: [] });
});

test.serial('synod verify compares every group, and what was moved away is no fault', async t => {
  process.kill(cluster.pidOf('e2'), 'SIGCONT');
  const { code, stdout } = await synod('verify', '--json');
  const { ok, left, keys, groups } = JSON.parse(stdout);
  t.deepEqual([ok, code], [true, 0]);
  t.is(groups.length, 1);
  t.like(groups[0], { group: 'east', faults: 0, unsettled: 0 });
  // The map is a register of the first group.
  t.is(keys + groups[0].keys, KEYS.length + 1);
  t.true(left <= groups[0].keys, 'what was moved is erased by and by');
  const one = await synod('verify', '--group', 'east');
  t.is(one.code, 0, one.stdout);
  t.regex(one.stdout, /^e3 +voting/m);
});
