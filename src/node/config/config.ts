// The validated configuration of an acceptor and of a proposer, from file (--config FILE, JSON), environment
// (SYNOD_…) and flags, in rising precedence. Past this border nothing is optional and nothing is doubted; a
// configuration with mistakes throws one ConfigError that tells all of them.

import { z } from 'zod';
import { clusterOf } from '../../protocol/group-map.ts';
import type { ListenAddress } from '../process/http-server.ts';
import type { LogFormat } from '../process/log.ts';
import { checked, rawValues } from './config-check.ts';
import { acceptorShape, clusterShape, groupShape, proposerShape } from './config-settings.ts';
import { type Environment, type Flags, type Gathered, gather } from './config-sources.ts';
import { bytesOfMb } from './memory-bound.ts';
import { apiKey, apiNatsConfig, type NatsConfig, natsConfig, natsMistakes } from './nats-config.ts';

/** What all processes of a cluster are told: who its acceptors are and where they are met. */
export interface ClusterConfig {
  readonly nats: NatsConfig;
  readonly cluster: string;
  /** The ids of the acceptors that form the cluster; one that is none of them waits to be made a member. */
  readonly acceptors: readonly string[];
}

/** What every process that serves has. */
export interface ProcessConfig {
  /** Where health and metrics are told; null for nowhere. */
  readonly http: ListenAddress | null;
  readonly logFormat: LogFormat;
}

export interface AcceptorConfig extends ClusterConfig, ProcessConfig {
  readonly kind: 'acceptor';
  readonly id: string;
  /** The directory that holds its votes. */
  readonly data: string;
  /** Whether it ends or stays up, when it must not vote. */
  readonly whenQuarantined: 'end' | 'stay';
  /** What slots may take in memory. */
  readonly memoryBytesMax: number;
}

export interface ProposerLimits {
  readonly requestsMax: number;
  /** What registers may take in memory, of each group of acceptors. */
  readonly memoryBytesMax: number;
  readonly valueBytesMax: number;
  readonly timeoutMsDefault: number;
  readonly timeoutMsMax: number;
}

export interface ProposerConfig extends ClusterConfig, ProcessConfig {
  readonly kind: 'proposer';
  readonly name: string;
  /** What it serves clients over, by another connection; null: as `nats`. */
  readonly apiNats: NatsConfig | null;
  /** The first words of the subjects it serves. */
  readonly prefix: string;
  /** The path of a directory with modules of changes, or of one of them. */
  readonly changes: string | null;
  readonly limits: ProposerLimits;
  /** How many proposers share the keys at most. */
  readonly homes: number;
  /** Whether watchers are told of each change. */
  readonly hasEvents: boolean;
  /** Whom it asks to vote at once. */
  readonly asks: 'quorum' | 'all';
  /** Whether it collects deleted registers without being asked to. */
  readonly collects: boolean;
  /** Requests that take longer are logged. */
  readonly slowMs: number;
}

/** Takes the file of a node as well: what it says of the node itself does not matter. @throws ConfigError with every mistake. */
export function clusterConfig(flags: Flags, env: Environment): ClusterConfig {
  const keys = new Set(Object.keys({ ...acceptorShape, ...proposerShape }));
  const gathered = gather([...keys], flags, env);
  const values = checked(z.object(clusterShape), gathered, natsMistakes);
  return { cluster: values.cluster, acceptors: values.acceptors, nats: natsConfig(values) };
}

/** Of one group of acceptors, which is a cluster by itself to whoever asks it alone. @throws ConfigError with every mistake. */
export function groupConfig(flags: Flags, env: Environment): ClusterConfig {
  const keys = new Set(Object.keys({ ...acceptorShape, ...proposerShape }));
  const gathered = gather([...keys], flags, env);
  const values = checked(z.object({ ...clusterShape, ...groupShape }), gathered, natsMistakes);
  const cluster = clusterOf(values.cluster, values.group);
  return { cluster, acceptors: values.acceptors, nats: natsConfig(values) };
}

/** @throws ConfigError with every mistake. */
export function acceptorConfig(flags: Flags, env: Environment): AcceptorConfig {
  const gathered = gather(Object.keys(acceptorShape), flags, env);
  const values = checked(z.object(acceptorShape), gathered, natsMistakes);
  const { id, group, data, whenQuarantined, memoryMb, acceptors, http = null, logFormat } = values;
  const cluster = clusterOf(values.cluster, group);
  return {
    kind: 'acceptor',
    id,
    data,
    whenQuarantined,
    memoryBytesMax: bytesOfMb(memoryMb),
    http,
    logFormat,
    cluster,
    acceptors,
    nats: natsConfig(values),
  };
}

/** @throws ConfigError with every mistake. */
export function proposerConfig(flags: Flags, env: Environment): ProposerConfig {
  const gathered = gather(Object.keys(proposerShape), flags, env);
  const values = checked(z.object(proposerShape), gathered, proposerMistakes);
  const { name, prefix, cluster, acceptors, memoryMb } = values;
  const { requestsMax, valueBytesMax, timeoutMsDefault, timeoutMsMax } = values;
  const memoryBytesMax = bytesOfMb(memoryMb);
  const nats = natsConfig(values);
  return {
    kind: 'proposer',
    name,
    prefix,
    cluster,
    acceptors,
    changes: values.changes ?? null,
    limits: { requestsMax, memoryBytesMax, valueBytesMax, timeoutMsDefault, timeoutMsMax },
    homes: values.homes,
    asks: values.asks,
    hasEvents: values.events === 'on',
    collects: values.collect === 'on',
    slowMs: values.slowMs,
    http: values.http ?? null,
    logFormat: values.logFormat,
    nats,
    apiNats: apiNatsConfig(values, nats),
  };
}

function proposerMistakes(gathered: Gathered): readonly string[] {
  return [...natsMistakes(gathered), ...natsMistakes(gathered, apiKey), ...timeoutMistakes(gathered)];
}

function timeoutMistakes(gathered: Gathered): readonly string[] {
  const { timeoutMsDefault, timeoutMsMax } = proposerShape;
  const { success, data } = z.object({ timeoutMsDefault, timeoutMsMax }).safeParse(rawValues(gathered));
  if (!success || data.timeoutMsDefault <= data.timeoutMsMax) return [];
  return [
    `Cannot use ${data.timeoutMsMax} for timeoutMsMax: it is below timeoutMsDefault, which is ${data.timeoutMsDefault}.`,
  ];
}
