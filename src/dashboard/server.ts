// The dashboard's own HTTP: its files, what happens as server-sent events (/events), and one register (/register?key=K).
// It has no request that changes anything.

import type { ServerResponse } from 'node:http';
import { type HttpServer, type ListenAddress, listen } from '../node/process/http-server.ts';
import { pageFiles } from './files.ts';
import { HEADERS, refusal } from './guard.ts';
import type { Inspector } from './inspector.ts';
import type { Watcher } from './watcher.ts';

interface ServerParts {
  readonly address: ListenAddress;
  /** That it is asked for by, beside localhost and addresses. */
  readonly hosts: readonly string[];
  readonly watcher: Pick<Watcher, 'watch' | 'past' | 'holdersOf'>;
  readonly inspector: Pick<Inspector, 'inspect'>;
}

const VIEWERS_MAX = 64;
/** What a viewer that reads no more may leave unread. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

/** @throws StartError when the address cannot be had. */
export function serveDashboard({ address, hosts, watcher, inspector }: ServerParts): Promise<HttpServer> {
  const files = pageFiles();
  let viewers = 0;
  const stream = (response: ServerResponse): void => {
    if (viewers >= VIEWERS_MAX) {
      answer(response, 503, TEXT, 'Too many look already\n');
      return;
    }
    viewers += 1;
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    const tell = (event: string, data: unknown): void => {
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
      else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    tell('past', watcher.past());
    const stop = watcher.watch(view => tell('view', view));
    response.once('close', () => {
      viewers -= 1;
      stop();
    });
  };
  const inspect = async (response: ServerResponse, key: string): Promise<void> => {
    const inspected = await inspector.inspect(key, () => watcher.holdersOf(key));
    if (typeof inspected === 'string') answer(response, 400, TEXT, inspected);
    else answer(response, 200, JSON_TYPE, JSON.stringify(inspected));
  };
  return listen(address, (request, response) => {
    const { method, url, headers } = request;
    const site = headers['sec-fetch-site'];
    const refused = refusal(
      { method, host: headers.host, site: typeof site === 'string' ? site : undefined },
      hosts,
    );
    if (refused !== undefined) return answer(response, refused[0], TEXT, `${refused[1]}\n`);
    const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
    if (pathname === '/events') return stream(response);
    if (pathname === '/register') {
      inspect(response, searchParams.get('key') ?? '').catch((error: unknown) => {
        answer(response, 500, TEXT, String(error));
      });
      return;
    }
    const file = files.get(pathname);
    if (file === undefined) answer(response, 404, TEXT, 'There is no such thing here\n');
    else answer(response, 200, file.type, file.bytes);
  });
}

function answer(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': type }).end(body);
}
