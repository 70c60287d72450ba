// The transport of browsers, in a Node that has their WebSocket (22 and newer), over a real nats-server. In a browser it is tried
// by test/browser.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { claimPort, LOOPBACK, natsServerSpec, websocketConfig } from '../../src/node/local/nats-server.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { connectWebSocket } from '../../src/transport/ws-transport.ts';
import { transportContract } from './transport-contract.ts';

async function startServer(
  directory: string,
): Promise<{ readonly server: ChildProcess; readonly url: string }> {
  const port = await claimPort(0, '--port');
  const wsPort = await claimPort(0, '--port');
  const configPath = join(directory, 'nats.conf');
  writeFileSync(configPath, websocketConfig(wsPort, ['http://localhost']));
  const { command, args } = natsServerSpec({ port, monitorPort: null, configPath }, join(directory, 'log'));
  return { server: spawn(command, args, { stdio: 'ignore' }), url: `ws://${LOOPBACK}:${wsPort}` };
}

if ('WebSocket' in globalThis) {
  transportContract(test, 'ReconnectingTransport over WebSockets', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'synod-ws-'));
    const { server, url } = await startServer(directory);
    const options = { servers: [url], name: 'contract', connectTimeoutMs: 10_000 };
    const pair = [await connectWebSocket(options), await connectWebSocket(options)] as const;
    t.teardown(async () => {
      for (const transport of pair) await transport.close();
      server.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });
    return pair;
  });
} else {
  test('this Node has no WebSocket: the contract of transports is not tried over one', t => t.pass());
}

test('connectWebSocket() names a server that is none of a WebSocket', async t => {
  const connecting = connectWebSocket({ servers: ['ws://n1', 'nats://n2:4222'], name: 'test' });
  const error = await t.throwsAsync(connecting, { instanceOf: TransportError });
  t.is(error?.message, "Cannot connect to 'nats://n2:4222': it must begin with ws:// or wss://");
});
