// A web server as anybody's: the example page, and the packages that its import map names.

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** As in a project that has installed the package. */
function fileOf(path: string): string {
  const own = '/node_modules/synod/';
  if (path.startsWith(own)) return join(ROOT, path.slice(own.length));
  if (path.startsWith('/node_modules/')) return join(ROOT, path);
  return join(ROOT, 'docs/examples/browser', path === '/' ? 'index.html' : path);
}

/** On a port of loopback that is free. */
export function openSite(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(({ url = '/' }, response) => {
    try {
      const { pathname } = new URL(url, 'http://localhost');
      const file = fileOf(normalize(pathname));
      const bytes = readFileSync(file);
      response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 });
    });
  });
}
