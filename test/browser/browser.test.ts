// The client in a page: docs/examples/browser on a real cluster, in a real browser, while its NATS server is paused and
// dies.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { connect as connectRaw } from 'nats';
import type { Browser, Page } from 'playwright-core';
import { type Client, connect } from '../../src/index.ts';
import { findChromium, openChromium } from '../dashboard/browser.ts';
import { type Members, TestCluster } from '../integration/local-cluster.ts';
import { openSite } from './site.ts';

const chromium = findChromium();
const inBrowser = chromium === undefined ? test.serial.skip : test.serial;
if (chromium === undefined)
  console.log('The client is not tried in a browser: no Chromium is here (apt-get install chromium).');

/** Where pictures are put, for people: SYNOD_SCREENSHOTS=docs npx ava …; none without. */
const PICTURES = process.env.SYNOD_SCREENSHOTS;

const site = await openSite();
const cluster = new TestCluster({}, [
  '--nats-websocket-port',
  '0',
  '--nats-websocket-origins',
  `http://localhost:${site.port}`,
]);
let browser: Browser;
let members: Members;
let client: Client;

test.before(async () => {
  if (chromium === undefined) return;
  members = await cluster.start();
  client = await connect({ servers: members.nats.url, timeoutMs: 30_000 });
  browser = await openChromium(chromium);
});
test.after.always(async () => {
  await browser?.close();
  await client?.close();
  await cluster.stop();
  site.server.closeAllConnections();
  site.server.close();
  rmSync(cluster.directory, { recursive: true, force: true });
});

/** @param mistakes of the page: whatever went wrong in it, where more is not expected */
async function openPage(
  t: ExecutionContext,
  host = 'localhost',
): Promise<{ readonly page: Page; readonly mistakes: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 720, height: 560 } });
  t.teardown(() => context.close());
  // On a busy machine it takes half a minute to load the page.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const mistakes: string[] = [];
  page.on('console', message => message.type() === 'error' && mistakes.push(message.text()));
  page.on('pageerror', error => mistakes.push(String(error)));
  await page.goto(`http://${host}:${site.port}/?nats=${members.nats.websocket}`);
  return { page, mistakes };
}

async function shows(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).waitFor();
}

/** What the page hears of hints that are published once each. Its client is `synod` there, for people to try. */
async function heard(page: Page): Promise<readonly number[]> {
  const seen = await page.evaluateHandle(`(() => {
    const seen = [];
    synod.hints('page.hint', hint => hint !== undefined && seen.push(hint.version));
    return seen;
  })()`);
  const read = () => page.evaluate((versions: unknown) => versions as readonly number[], seen);
  const raw = await connectRaw({ servers: members.nats.url });
  // A page that is about to lose its connection may miss some; what it hears it must hear once.
  for (let version = 1; (await read()).length < 3; version++) {
    raw.publish('synod.events.page.hint', JSON.stringify({ key: 'page.hint', version }));
    await raw.flush();
    await sleep(20);
  }
  await raw.close();
  await sleep(100);
  return read();
}

function noneTwice(t: ExecutionContext, versions: readonly number[]): void {
  t.deepEqual(versions, [...new Set(versions)]);
}

inBrowser('a page turns a switch on, counts and watches', async t => {
  const { page, mistakes } = await openPage(t);
  await shows(page, '#status', 'Connected to ws://');
  await shows(page, '#switch', 'off');
  await page.locator('#set').click();
  await shows(page, '#status', 'This page turned the switch on');
  await shows(page, '#switch', 'on');
  for (let sum = 1; sum <= 3; sum++) {
    await page.locator('#add').click();
    await shows(page, '#status', `which makes ${sum}`);
  }
  await shows(page, '#counter', '3');
  t.true(await client.switch('page.switch').read());
  t.is(await client.counter('page.counter').read(), 3);
  await client.variable('page.note').write('from elsewhere');
  await shows(page, '#watched', '"from elsewhere"');
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, 'browser.png') });

  const other = await openPage(t);
  await shows(other.page, '#switch', 'on');
  await other.page.locator('#set').click();
  await shows(other.page, '#status', 'The switch was on already');
  await other.page.locator('#add').click();
  await shows(page, '#counter', '4');
  t.deepEqual([...mistakes, ...other.mistakes], []);
});

inBrowser('recipes, batches and lists work in a page as anywhere', async t => {
  const { page, mistakes } = await openPage(t);
  await shows(page, '#status', 'Connected');
  const told = await page.evaluate(`(async () => {
    const lease = await synod.lock('page.lock').acquire();
    const outcomes = await synod.batch([
      { operation: 'variable.write', key: 'page.batch', value: { text: 'ü', list: [1, null] } },
      { operation: 'variable.cas', key: 'page.none', value: 1, version: 7 },
    ]);
    const keys = [];
    for await (const { key } of synod.list('page.batch')) keys.push(key);
    const held = lease.isHeld;
    await lease.release();
    return { owner: lease.owner, held, keys, outcomes: outcomes.map(({ ok, error }) => ok || error.code) };
  })()`);
  t.like(told, { held: true, keys: ['page.batch'], outcomes: [true, 'conflict'] });
  t.regex((told as { owner: string }).owner, /^browser-/);
  t.deepEqual((await client.variable('page.batch').read()).value, { text: 'ü', list: [1, null] });
  t.deepEqual(mistakes, []);
});

inBrowser(
  'a page goes on when its NATS server was paused, hears everything once, and when it died',
  async t => {
    const { page } = await openPage(t);
    await shows(page, '#status', 'Connected');
    const before = await client.counter('page.counter').read();
    noneTwice(t, await heard(page));
    process.kill(members.nats.pid, 'SIGSTOP');
    // Longer than a page waits for a silent server.
    await sleep(3500);
    process.kill(members.nats.pid, 'SIGCONT');
    await page.locator('#add').click();
    await shows(page, '#status', `which makes ${before + 1}`);
    noneTwice(t, await heard(page));
    process.kill(members.nats.pid, 'SIGKILL');
    await page.locator('#add').click();
    await shows(page, '#status', `which makes ${before + 2}`);
    noneTwice(t, await heard(page));
    t.is(await client.counter('page.counter').read(), before + 2);
  },
);

inBrowser('a page from elsewhere is not let in', async t => {
  const { page } = await openPage(t, '127.0.0.1');
  const status = page.locator('#status').filter({ hasText: /^Cannot connect to NATS at ws:/ });
  await status.waitFor();
  t.regex((await status.textContent()) ?? '', /no answer/);
});
