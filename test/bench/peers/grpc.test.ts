// Unary calls against a server that speaks HTTP/2 as gRPC does.

import { createServer, type ServerHttp2Stream } from 'node:http2';
import test, { type ExecutionContext } from 'ava';
import { type GrpcConnection, type GrpcReply, openGrpc } from './grpc.ts';

type Answer = (stream: ServerHttp2Stream, request: Buffer, path: string) => void;

async function connected(t: ExecutionContext, answer: Answer): Promise<GrpcConnection> {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => answer(stream, Buffer.concat(parts), String(headers[':path'])));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const connection = await openGrpc(`http://127.0.0.1:${port}`);
  t.teardown(async () => {
    await connection.close();
    server.close();
  });
  return connection;
}

function call(connection: GrpcConnection, bytes: Uint8Array): Promise<GrpcReply> {
  return new Promise(resolve => connection.call('/echo.Echo/Say', bytes, resolve));
}

test('call() frames the message, and takes bytes and status out of the reply', async t => {
  const connection = await connected(t, (stream, request, path) => {
    t.is(path, '/echo.Echo/Say');
    t.deepEqual([...request.subarray(0, 5)], [0, 0, 0, 1, 44]);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.write(request.subarray(0, 7));
    stream.end(request.subarray(7));
  });
  const bytes = Buffer.alloc(300, 'a');
  const reply = await call(connection, bytes);
  t.is(reply.status, 0);
  t.deepEqual(Buffer.from(reply.bytes), bytes);
});

test('call() tells the status of a refusal, which comes with the headers', async t => {
  const connection = await connected(t, stream => {
    stream.respond({ ':status': 200, 'grpc-status': '14' }, { endStream: true });
  });
  t.is((await call(connection, new Uint8Array(0))).status, 14);
});

test('call() ends with an unknown status when the stream is cut off', async t => {
  const connection = await connected(t, stream => stream.close(8));
  t.is((await call(connection, new Uint8Array(0))).status, 2);
});

test('openGrpc() rejects where nobody listens', async t => {
  await t.throwsAsync(openGrpc('http://127.0.0.1:1'), { message: /ECONNREFUSED/ });
});
