// The link between one node and the NATS servers: a TCP proxy before each server, which can be made slow, deaf,
// broken or flaky. Messages of NATS are lost by breaking connections, as on a real network.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { LOOPBACK } from '../../src/node/local/nats-server.ts';

export type LinkState = 'open' | 'stall' | 'cut' | 'flaky' | 'slow';

const SLOW_MS = 60;
const FLAKY_MS = 400;

/** One direction of one connection. Bytes keep their order whatever the delay does meanwhile. */
interface Lane {
  readonly to: Socket;
  readonly waiting: { readonly dueMs: number; readonly bytes: Buffer }[];
}

export class Link {
  readonly #servers: Server[] = [];
  readonly #lanes = new Map<Socket, Lane>();
  #state: LinkState = 'open';
  #flaky: NodeJS.Timeout | undefined;
  #urls: readonly string[] = [];

  /** Where the node finds the servers. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  async open(ports: readonly number[]): Promise<void> {
    this.#urls = await Promise.all(ports.map(port => this.#listen(port)));
  }

  set(state: LinkState): void {
    this.#state = state;
    clearInterval(this.#flaky);
    if (state === 'cut' || state === 'flaky') this.#breakAll();
    if (state === 'flaky') this.#flaky = setInterval(() => this.#breakAll(), FLAKY_MS);
    for (const [from, lane] of this.#lanes) {
      if (state === 'stall') from.pause();
      else {
        this.#deliver(lane);
        from.resume();
      }
    }
  }

  close(): void {
    clearInterval(this.#flaky);
    this.#breakAll();
    for (const server of this.#servers) server.close();
  }

  async #listen(port: number): Promise<string> {
    const server = createServer(socket => this.#join(socket, port));
    this.#servers.push(server);
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const address = server.address();
    return `nats://${LOOPBACK}:${typeof address === 'object' ? address?.port : ''}`;
  }

  #join(node: Socket, port: number): void {
    if (this.#state === 'cut') {
      node.destroy();
      return;
    }
    const nats = connect({ host: LOOPBACK, port });
    this.#pump(node, nats);
    this.#pump(nats, node);
  }

  #pump(from: Socket, to: Socket): void {
    const lane: Lane = { to, waiting: [] };
    this.#lanes.set(from, lane);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('close', () => {
      this.#lanes.delete(from);
      to.destroy();
    });
    from.on('data', bytes => this.#take(lane, bytes));
    if (this.#state === 'stall') from.pause();
  }

  #take(lane: Lane, bytes: Buffer): void {
    if (this.#state !== 'slow' && this.#state !== 'stall' && lane.waiting.length === 0) {
      lane.to.write(bytes);
      return;
    }
    const dueMs = performance.now() + SLOW_MS;
    lane.waiting.push({ dueMs, bytes });
    if (lane.waiting.length === 1) setTimeout(() => this.#deliver(lane), SLOW_MS);
  }

  #deliver(lane: Lane): void {
    if (this.#state === 'stall') return;
    for (let next = lane.waiting[0]; next !== undefined; next = lane.waiting[0]) {
      const leftMs = this.#state === 'slow' ? next.dueMs - performance.now() : 0;
      if (leftMs > 0) {
        setTimeout(() => this.#deliver(lane), leftMs);
        return;
      }
      lane.to.write(next.bytes);
      lane.waiting.shift();
    }
  }

  #breakAll(): void {
    for (const socket of this.#lanes.keys()) socket.destroy();
  }
}
