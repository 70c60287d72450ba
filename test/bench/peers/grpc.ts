// Unary gRPC calls over Node's own HTTP/2, bytes in and bytes out. The usual client (etcd3 on grpc-js) takes two
// and a half times the CPU a call, and on two cores the load would then measure itself: see docs/performance.md.

import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';

export interface GrpcReply {
  /** 0 is success; see grpc.io/docs/guides/status-codes. */
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** A flag for compression and four bytes of length come before a message. */
const FRAME_BYTES = 5;
const STATUS_UNKNOWN = 2;
/** Kept by the server, which then answers with DEADLINE_EXCEEDED. As long as requests to Synod wait by default. */
const TIMEOUT = '5S';
/** A window for flow control that no reply fills: otherwise Node stops for each 64 KiB. */
const WINDOW_BYTES = 16 * 1024 * 1024;

export class GrpcConnection {
  readonly #session: ClientHttp2Session;

  constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /** Calls `onReply` once, whatever happens. @param path `/package.Service/Method` */
  call(path: string, bytes: Uint8Array, onReply: (reply: GrpcReply) => void): void {
    const stream = this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      'grpc-timeout': TIMEOUT,
    });
    const parts: Buffer[] = [];
    let status = STATUS_UNKNOWN;
    const readStatus = (headers: IncomingHttpHeaders): void => {
      if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status']);
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (part: Buffer) => parts.push(part));
    // The status stays unknown, which is told when it closes.
    stream.on('error', () => undefined);
    stream.on('close', () => onReply({ status, bytes: joined(parts).subarray(FRAME_BYTES) }));
    stream.end(framed(bytes));
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => this.#session.close(resolve));
  }
}

/** @throws Error when nobody listens there. @param authority `http://HOST:PORT` */
export function openGrpc(authority: string): Promise<GrpcConnection> {
  return new Promise((resolve, reject) => {
    const session = connect(authority, { settings: { initialWindowSize: WINDOW_BYTES } });
    session.once('error', reject);
    session.once('connect', () => {
      session.setLocalWindowSize(WINDOW_BYTES);
      session.on('error', () => undefined);
      resolve(new GrpcConnection(session));
    });
  });
}

function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES + bytes.length);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, FRAME_BYTES);
  return frame;
}
