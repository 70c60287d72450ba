// The dashboard as a person sees it: a real cluster, a real browser, and an acceptor that is paused.

import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { TestCluster } from '../integration/local-cluster.ts';
import { findChromium, openChromium, openDashboard, picture } from './browser.ts';

const chromium = findChromium();
const inBrowser = chromium === undefined ? test.serial.skip : test.serial;
if (chromium === undefined)
  console.log('The dashboard is not tried in a browser: no Chromium is here (apt-get install chromium).');

const cluster = new TestCluster();
const load = new AbortController();
let browser: Browser;
let client: Client;

test.before(async () => {
  if (chromium === undefined) return;
  const { nats } = await cluster.start();
  const transport = await connectNats({ servers: [nats.url], name: 'test', connectTimeoutMs: 5000 });
  client = new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 15_000 });
  browser = await openChromium(chromium);
});
test.after.always(async () => {
  load.abort();
  await browser?.close();
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

async function openPage(
  t: ExecutionContext,
  options: BrowserContextOptions,
): ReturnType<typeof openDashboard> {
  const opened = await openDashboard(t, { browser, url: cluster.dashboard, options });
  await cardOf(opened.page, 'a1').waitFor();
  return opened;
}

function cardOf(page: Page, name: string, state = 'up') {
  return page.locator(`.card[data-node="${name}"][data-state="${state}"]`);
}

function lines(page: Page): Promise<readonly string[]> {
  return page.locator('#log li span').allTextContents();
}

/** Few clients, so that the curves have something to show. */
function keepAsking(): void {
  const worker = async (number: number): Promise<void> => {
    const variable = client.variable<number>(`load.${number}`);
    while (!load.signal.aborted) await variable.change('add', [1]).catch(() => undefined);
  };
  for (let number = 0; number < 4; number++) void worker(number);
}

inBrowser('a paused acceptor is shown as silent, and as up again when it goes on', async t => {
  const { page, mistakes } = await openPage(t, {
    colorScheme: 'light',
    viewport: { width: 1280, height: 800 },
  });
  keepAsking();
  await page.locator('#tiles dd').first().filter({ hasText: /[1-9]/ }).waitFor();
  const paused = cluster.members().acceptors.find(({ id }) => id === 'a2')?.pid ?? 0;
  process.kill(paused, 'SIGSTOP');
  try {
    await cardOf(page, 'a2', 'silent').waitFor();
    t.is(await page.locator('#verdict').textContent(), 'it goes on: 2 of 3 vote');
    await cardOf(page, 'a1').waitFor();
    await picture(page, 'dashboard');
  } finally {
    process.kill(paused, 'SIGCONT');
  }
  await page.locator('.card[data-node="a2"]:not([data-state="silent"])').waitFor();
  const told = (await lines(page)).filter(line => line.startsWith('acceptor a2: ')).toReversed();
  // Before it is silent, and after, it may be behind.
  const last = told.lastIndexOf('acceptor a2: silent');
  t.true(last >= 0 && last < told.length - 1, told.join());
  t.deepEqual(mistakes, []);
});

inBrowser(
  'a register is shown as clients read it and as each acceptor holds it, by keyboard alone',
  async t => {
    await client.register('shown.register').write({ who: '<b>first</b>' });
    const { page, mistakes } = await openPage(t, {
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('shown.register');
    await page.keyboard.press('Enter');
    const inspected = page.locator('#inspected');
    await inspected.locator('table').waitFor();
    const text = (await inspected.textContent()) ?? '';
    t.true(text.includes('A write-once register.'), text);
    t.deepEqual(JSON.parse((await inspected.locator('pre').textContent()) ?? ''), { who: '<b>first</b>' });
    const holders = await inspected.locator('tbody tr').evaluateAll(rows => rows.map(row => row.textContent));
    t.is(holders.length, 3);
    const isWide = await page.locator('html').evaluate(html => html.scrollWidth > html.clientWidth);
    t.false(isWide, 'a phone needs no scrolling sideways');
    await picture(page, 'dashboard-phone');
    t.deepEqual(mistakes, []);
    await page.fill('#key', 'not a key');
    await page.keyboard.press('Enter');
    await inspected.getByText('The key must be terms of letters').waitFor();
    await page.fill('#key', 'never.written');
    await page.keyboard.press('Enter');
    await inspected.getByText('Unset.').waitFor();
  },
);

inBrowser('dark on a desktop, for people to look at', async t => {
  const { page, mistakes } = await openPage(t, {
    colorScheme: 'dark',
    viewport: { width: 1280, height: 800 },
  });
  // An acceptor that was paused has missed some of what was written meanwhile.
  await page.locator('#verdict[data-state="up"]').waitFor();
  await picture(page, 'dashboard-dark');
  t.deepEqual(mistakes, []);
});
