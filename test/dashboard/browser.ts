// A real Chromium for tests: that of the machine. Nothing is installed for it.

import { type Browser, chromium } from 'playwright-core';
import { findProgram } from '../../src/node/nats-server.ts';

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
