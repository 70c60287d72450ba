// A real Chromium for tests: that of the machine. Nothing is installed for it.

import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../src/node/local/nats-server.ts';

/** Where pictures are put, for people: SYNOD_SCREENSHOTS=docs npx ava …; none without. */
const PICTURES = process.env.SYNOD_SCREENSHOTS;

/** Undefined where the machine has none. */
export function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
    .map(findProgram)
    .find(path => path !== undefined);
}

export function openChromium(path: string): Promise<Browser> {
  // Its sandbox needs rights that root in a container has not; it shows pages of our own alone.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args });
}

interface Opening {
  readonly browser: Browser;
  readonly url: string;
  readonly options: BrowserContextOptions;
}

/** A page, and whatever went wrong in it: a refused script or style is told there. */
export async function openDashboard(
  t: ExecutionContext,
  { browser, url, options }: Opening,
): Promise<{ readonly page: Page; readonly mistakes: readonly string[] }> {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const mistakes: string[] = [];
  page.on('console', message => message.type() === 'error' && mistakes.push(message.text()));
  page.on('pageerror', error => mistakes.push(String(error)));
  await page.goto(url);
  return { page, mistakes };
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
