// Who may ask the dashboard. It has no passwords: it listens on loopback, and a page of the web that a browser on this
// machine shows must not reach it, neither across sites nor under a name that was made to lead here (DNS rebinding).

import { isIP } from 'node:net';

interface Asked {
  readonly method: string | undefined;
  readonly host: string | undefined;
  /** The header `Sec-Fetch-Site`, which browsers set. */
  readonly site: string | undefined;
}

/** @param names that it is asked for by, beside localhost and addresses. @returns why not, with the HTTP status. */
export function refusal(
  { method, host, site }: Asked,
  names: readonly string[],
): readonly [number, string] | undefined {
  if (method !== 'GET' && method !== 'HEAD') return [405, 'It can only be read'];
  const name = hostOf(host ?? '');
  // An address cannot be made to lead elsewhere.
  const isKnown = name === 'localhost' || isIP(name) !== 0 || names.includes(name);
  if (!isKnown) return [403, 'It is not asked for by this name: --hosts says which there are'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  return [403, 'Another site asked'];
}

function hostOf(header: string): string {
  return header
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
}

/** Nothing but what this server has itself; no inline script or style. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
