// Every setting of the two roles: its key, what it may be, its default, and the words that help about it.
// The key gives the names elsewhere: `natsUser` is --nats-user, SYNOD_NATS_USER and "natsUser" in the file.

import { hostname } from 'node:os';
import { FIRST_GROUP } from '../../protocol/group-map.ts';
import {
  endOrStay,
  identifier,
  identifierList,
  listenAddress,
  logFormat,
  natsUrls,
  onOrOff,
  quorumOrAll,
  readableFile,
  readablePath,
  subjectPrefix,
  text,
  wholeNumber,
} from './config-values.ts';
import { ACCEPTOR_MB_MAX, memoryMbDefault, PROPOSER_MB_MAX } from './memory-bound.ts';

/** The words of one setting for a person: what to put, and what it does. */
export interface SettingHelp {
  readonly argument: string;
  readonly help: string;
}

export const natsShape = {
  nats: natsUrls.default(['nats://127.0.0.1:4222']),
  natsUser: text.optional(),
  natsPassword: text.optional(),
  natsToken: text.optional(),
  natsCreds: readableFile.optional(),
  natsNkey: readableFile.optional(),
  natsTlsCa: readableFile.optional(),
  natsTlsCert: readableFile.optional(),
  natsTlsKey: readableFile.optional(),
};

/** The connection that clients are served over; nothing of it given: the other one does both. */
export const apiNatsShape = {
  apiNats: natsUrls.optional(),
  apiNatsUser: natsShape.natsUser,
  apiNatsPassword: natsShape.natsPassword,
  apiNatsToken: natsShape.natsToken,
  apiNatsCreds: natsShape.natsCreds,
  apiNatsNkey: natsShape.natsNkey,
  apiNatsTlsCa: natsShape.natsTlsCa,
  apiNatsTlsCert: natsShape.natsTlsCert,
  apiNatsTlsKey: natsShape.natsTlsKey,
};

export const clusterShape = {
  ...natsShape,
  cluster: identifier.default('synod'),
  acceptors: identifierList.default(['a1', 'a2', 'a3']),
};

/** What every process that serves has, whatever it is. */
const processShape = {
  http: listenAddress.optional(),
  logFormat: logFormat.default('auto'),
};

/** A place in more bytes has no number of 32 bits. */
const MEMORY_MB_MAX = 2048;

/** Of what is about one group of acceptors. */
export const groupShape = { group: identifier.default(FIRST_GROUP) };

export const acceptorShape = {
  id: identifier,
  data: text,
  ...clusterShape,
  whenQuarantined: endOrStay.default('end'),
  memoryMb: wholeNumber(0, MEMORY_MB_MAX).default(() => memoryMbDefault(ACCEPTOR_MB_MAX)),
  ...groupShape,
  ...processShape,
};

export const proposerShape = {
  name: identifier.default(nameOfHost),
  prefix: subjectPrefix.default('synod'),
  changes: readablePath.optional(),
  homes: wholeNumber(1, 1000).default(1),
  asks: quorumOrAll.default('quorum'),
  events: onOrOff.default('on'),
  collect: onOrOff.default('on'),
  requestsMax: wholeNumber(1, 1_000_000).default(4096),
  memoryMb: wholeNumber(0, MEMORY_MB_MAX).default(() => memoryMbDefault(PROPOSER_MB_MAX)),
  valueBytesMax: wholeNumber(1, 524_288).default(262_144),
  timeoutMsDefault: wholeNumber(1, 3_600_000).default(2000),
  timeoutMsMax: wholeNumber(1, 3_600_000).default(60_000),
  slowMs: wholeNumber(1, 3_600_000).default(1000),
  ...processShape,
  ...clusterShape,
  ...apiNatsShape,
};

export const natsHelp: Readonly<Record<keyof typeof natsShape, SettingHelp>> = {
  nats: { argument: 'URLS', help: 'NATS servers, commas between (default nats://127.0.0.1:4222)' },
  natsUser: { argument: 'USER', help: 'user for NATS, with --nats-password' },
  natsPassword: {
    argument: 'PASSWORD',
    help: 'password for NATS (SYNOD_NATS_PASSWORD keeps it off the command line)',
  },
  natsToken: { argument: 'TOKEN', help: 'token for NATS' },
  natsCreds: { argument: 'FILE', help: 'credentials file for NATS (JWT and seed)' },
  natsNkey: { argument: 'FILE', help: 'file with an nkey seed for NATS' },
  natsTlsCa: { argument: 'FILE', help: 'certificates (PEM) that NATS servers are checked against' },
  natsTlsCert: { argument: 'FILE', help: 'own certificate (PEM) for NATS, with --nats-tls-key' },
  natsTlsKey: { argument: 'FILE', help: 'own private key (PEM) for NATS' },
};

export const clusterHelp: Readonly<Record<keyof typeof clusterShape, SettingHelp>> = {
  ...natsHelp,
  cluster: { argument: 'ID', help: 'which cluster this is, where several share one NATS (default synod)' },
  acceptors: {
    argument: 'IDS',
    help: 'the acceptors that form the cluster, the same list for every process and for ever (default a1,a2,a3): later changes are made by `synod member`; 2f+1 tolerate f failures, so an even number tolerates no more than one less',
  },
};

const processHelp: Readonly<Record<keyof typeof processShape, SettingHelp>> = {
  http: {
    argument: 'HOST:PORT',
    help: 'serve /livez, /readyz and /metrics there; PORT alone is on loopback (default: nowhere)',
  },
  logFormat: {
    argument: 'auto|text|json',
    help: 'how the log is written to stderr; auto is text on a terminal and JSON elsewhere (default auto)',
  },
};

export const groupHelp: Readonly<Record<keyof typeof groupShape, SettingHelp>> = {
  group: {
    argument: 'NAME',
    help: 'which group of acceptors, where several share the keys (default main); --acceptors are then those that form this group',
  },
};

export const acceptorHelp: Readonly<Record<keyof typeof acceptorShape, SettingHelp>> = {
  id: { argument: 'ID', help: 'which of the acceptors this one is (required)' },
  ...groupHelp,
  data: { argument: 'DIR', help: 'where its votes are kept; never share or copy it (required)' },
  ...clusterHelp,
  whenQuarantined: {
    argument: 'end|stay',
    help: 'when it must not vote with the file that it has: end with code 65 (default), or stay up, vote on nothing and tell whoever asks, for supervisors that start again whatever ends',
  },
  memoryMb: {
    argument: 'MB',
    help: 'memory for registers that it need not read from disk, beside some 200 MB that it takes anyway (default a 32nd of what there is, 16 to 192)',
  },
  ...processHelp,
};

export const proposerHelp: Readonly<Record<keyof typeof proposerShape, SettingHelp>> = {
  name: {
    argument: 'NAME',
    help: 'a name for people, in logs and statistics (default p- and the host name)',
  },
  prefix: { argument: 'SUBJECT', help: 'first words of the subjects that are served (default synod)' },
  changes: {
    argument: 'DIR',
    help: 'directory with modules of changes of your own for variable.change, or one such module',
  },
  homes: {
    argument: 'N',
    help: 'how many proposers share the keys, the same for all; the others pass on and stand by (default 1: cheapest until its core is busy)',
  },
  asks: {
    argument: 'quorum|all',
    help: 'which acceptors are asked to vote at once: as many as decide, and the others when one of them is late (default quorum: least work where acceptors share a machine); or all, so that the quickest decide: takes more of every acceptor, and not even a short pause of one is noticed',
  },
  events: {
    argument: 'on|off',
    help: 'whether each change is told on SUBJECT.events.KEY, for watchers (default on); off saves a message for each, and watchers learn of it when they next read',
  },
  collect: {
    argument: 'on|off',
    help: 'whether what was deleted is collected, slowly and 5 minutes later, and what is left of moved partitions erased, so that they take no space (default on); `synod collect` does it at once',
  },
  requestsMax: {
    argument: 'N',
    help: 'requests under way at once; more are answered overloaded (default 4096)',
  },
  memoryMb: {
    argument: 'MB',
    help: 'memory for registers that it need not ask for before it changes them, beside some 150 MB that it takes anyway; 200 bytes each at values of 100 bytes (default a 32nd of what there is, 16 to 256)',
  },
  valueBytesMax: {
    argument: 'BYTES',
    help: 'largest value; larger ones are answered too_large (default 262144)',
  },
  timeoutMsDefault: { argument: 'MS', help: 'time for a request that names none (default 2000)' },
  timeoutMsMax: { argument: 'MS', help: 'longest time that a request may name (default 60000)' },
  slowMs: { argument: 'MS', help: 'requests that take longer are logged, with their trace (default 1000)' },
  ...processHelp,
  ...clusterHelp,
  apiNats: {
    argument: 'URLS',
    help: 'NATS servers for the second connection, over which clients are served; what is left out of its settings is as for the first',
  },
  apiNatsUser: { argument: 'USER', help: 'user of the second connection, with --api-nats-password' },
  apiNatsPassword: { argument: 'PASSWORD', help: 'password of the second connection' },
  apiNatsToken: { argument: 'TOKEN', help: 'token of the second connection' },
  apiNatsCreds: { argument: 'FILE', help: 'credentials file of the second connection' },
  apiNatsNkey: { argument: 'FILE', help: 'file with the nkey seed of the second connection' },
  apiNatsTlsCa: { argument: 'FILE', help: 'certificates (PEM) that its servers are checked against' },
  apiNatsTlsCert: { argument: 'FILE', help: 'own certificate (PEM) for it, with --api-nats-tls-key' },
  apiNatsTlsKey: { argument: 'FILE', help: 'own private key (PEM) for it' },
};

/** The end of a long host name tells machines apart better than its beginning does. */
function nameOfHost(): string {
  return `p-${hostname()
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(-30)}`;
}
