// What a node says over HTTP to whoever runs it: whether it lives (/livez), whether it serves (/readyz), and its metrics
// (/metrics). Reads only, and knows no register.

import { createServer, type RequestListener } from 'node:http';
import type { Metrics } from './metrics.ts';
import { StartError } from './start-error.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface HttpServer {
  readonly url: string;
  close(): void;
}

/** Looked at anew for every question. */
export interface Health {
  /** Why it does not serve; undefined when it does. */
  readonly unready: () => string | undefined;
  readonly metrics: Metrics;
}

export function serveHealth(address: ListenAddress, health: Health): Promise<HttpServer> {
  const answer = async (path: string): Promise<readonly [status: number, type: string, body: string]> => {
    switch (path) {
      case '/livez':
        return [200, TEXT, 'ok\n'];
      case '/readyz': {
        const why = health.unready();
        return why === undefined ? [200, TEXT, 'ok\n'] : [503, TEXT, `${why}\n`];
      }
      case '/metrics': {
        const { type, body } = await health.metrics.text();
        return [200, type, body];
      }
      default:
        return [404, TEXT, 'There are /livez, /readyz and /metrics\n'];
    }
  };
  return listen(address, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const [path = ''] = (request.url ?? '').split('?');
    answer(path).then(
      ([status, type, body]) => response.writeHead(status, { 'Content-Type': type }).end(body),
      (error: unknown) => response.writeHead(500, { 'Content-Type': TEXT }).end(`${String(error)}\n`),
    );
  });
}

const TEXT = 'text/plain; charset=utf-8';

/** @throws StartError when the address cannot be had. */
export function listen({ host, port }: ListenAddress, listener: RequestListener): Promise<HttpServer> {
  const server = createServer(listener);
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      reject(new StartError(`Cannot serve HTTP at ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const at = server.address();
      const ownPort = typeof at === 'object' && at !== null ? at.port : port;
      const shown = host.includes(':') ? `[${host}]` : host;
      resolve({
        url: `http://${shown}:${ownPort}`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
