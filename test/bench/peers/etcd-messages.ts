// The requests of etcd that the workloads need, and what its replies say. The numbers are those of etcd's rpc.proto.

import type { GrpcReply } from './grpc.ts';
import { type Answer, failed, type KeyValue } from './key-value.ts';
import { bytesField, type Field, message, numberField, readMessage } from './protobuf.ts';

export interface EtcdRequest {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const STATUS: EtcdRequest = { path: '/etcdserverpb.Maintenance/Status', bytes: new Uint8Array(0) };

/** Version (of the key; 0: there is none) or revision of its last change. */
const COMPARE_VERSION = { target: 0, field: 4 };
const COMPARE_REVISION = { target: 2, field: 6 };
const DEADLINE_EXCEEDED = 4;

export const etcdKeyValue: KeyValue<EtcdRequest, GrpcReply> = {
  create: (key, value) => putIf(key, value, equals(key, COMPARE_VERSION, 0)),
  update: (key, value, revision) => putIf(key, value, equals(key, COMPARE_REVISION, revision)),
  // Not serializable, which is the default: etcd asks a quorum whether it still leads.
  read: key => ({ path: '/etcdserverpb.KV/Range', bytes: bytesField(1, key) }),
  writeAnswer,
  readAnswer,
};

export interface EtcdStatus {
  readonly version: string;
  readonly isLeader: boolean;
}

/** @throws Error when it was no success. */
export function readStatus({ status, bytes }: GrpcReply): EtcdStatus {
  if (status !== 0) throw new Error(`etcd does not tell its status (gRPC status ${status})`);
  const reply = readMessage(bytes);
  const member = reply.message(1)?.number(2);
  const leader = reply.number(4);
  return {
    version: Buffer.from(reply.bytes(2) ?? '').toString(),
    isLeader: leader !== 0 && leader === member,
  };
}

function putIf(key: string, value: string, compare: Field): EtcdRequest {
  const put = message([bytesField(1, key), bytesField(2, value)]);
  return {
    path: '/etcdserverpb.KV/Txn',
    bytes: message([bytesField(1, compare), bytesField(2, bytesField(2, put))]),
  };
}

function equals(
  key: string,
  { target, field }: { readonly target: number; readonly field: number },
  value: number,
): Field {
  return message([numberField(1, 0), numberField(2, target), bytesField(3, key), numberField(field, value)]);
}

function writeAnswer(reply: GrpcReply | undefined): Answer {
  if (reply === undefined || reply.status !== 0) return failed(problemOf(reply));
  const txn = readMessage(reply.bytes);
  if (txn.number(2) === 0) return failed('conflict');
  return { outcome: 'ok', revision: txn.message(1)?.number(3) ?? 0, value: '' };
}

function readAnswer(reply: GrpcReply | undefined): Answer {
  if (reply === undefined || reply.status !== 0) return failed(problemOf(reply));
  const found = readMessage(reply.bytes).message(2);
  if (found === undefined) return failed('unset');
  return { outcome: 'ok', revision: found.number(3), value: Buffer.from(found.bytes(5) ?? '').toString() };
}

function problemOf(reply: GrpcReply | undefined): string {
  if (reply === undefined || reply.status === DEADLINE_EXCEEDED) return 'timeout';
  return `grpc_${reply.status}`;
}
