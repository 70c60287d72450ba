// The validated configuration of a benchmark: flags, and the environment for how to reach NATS.

import { z } from 'zod';
import { checked } from '../node/config/config-check.ts';
import { natsHelp, natsShape, type SettingHelp } from '../node/config/config-settings.ts';
import {
  type Environment,
  type Flags,
  flagOf,
  type Gathered,
  gather,
} from '../node/config/config-sources.ts';
import { commaList, subjectPrefix, text, wholeNumber } from '../node/config/config-values.ts';
import { type NatsConfig, natsConfig, natsMistakes } from '../node/config/nats-config.ts';
import type { Proposer } from './place.ts';
import { WORKLOADS } from './workloads.ts';

/** Of one run, over all threads; each waits for one answer at a time. */
const CLIENTS_MAX = 10_000;
const THREADS_MAX = 32;
const DAY_SECONDS = 86_400;

const ALL = 'all';
const NAMES = Object.keys(WORKLOADS);
const WORKLOAD_FORM = `it must be of ${NAMES.join(', ')}, several with commas between, or ${ALL}`;
const URL_FORM = 'it must be http://HOST:PORT of the monitoring of nats-server';

const benchShape = {
  workload: commaList(z.array(z.enum([...NAMES, ALL], WORKLOAD_FORM), WORKLOAD_FORM)).default([ALL]),
  clients: commaList(z.array(wholeNumber(1, CLIENTS_MAX)).min(1)).default([64]),
  rate: wholeNumber(1, 10_000_000).optional(),
  duration: wholeNumber(1, DAY_SECONDS).default(10),
  warmUp: wholeNumber(0, DAY_SECONDS).default(2),
  timeout: wholeNumber(1, 3600).default(5),
  keys: wholeNumber(1, 10_000_000).default(10_000),
  valueBytes: wholeNumber(0, 524_286).default(100),
  threads: wholeNumber(1, THREADS_MAX).default(1),
  json: z.union([z.literal(true), text]).optional(),
  local: z.literal(true).optional(),
  embedded: z.literal(true).optional(),
  acceptors: text.optional(),
  proposers: text.optional(),
  data: text.optional(),
  monitor: z.url({ protocol: /^https?$/, error: URL_FORM }).optional(),
  prefix: subjectPrefix.default('synod'),
  ...natsShape,
};

/** In the order of the help; the flags that may stand without a value are the command's. */
export const benchHelp: Readonly<
  Record<Exclude<keyof typeof benchShape, 'json' | 'local' | 'embedded'>, SettingHelp>
> = {
  workload: { argument: 'NAMES', help: 'what is asked, several with commas between (default all)' },
  clients: {
    argument: 'N,N',
    help: `how many clients, each with one operation at a time, 1 to ${CLIENTS_MAX}; several are measured one after another (default 64)`,
  },
  rate: {
    argument: 'N',
    help: 'open loop: N operations per second begin, and latency counts from when each should have begun (default: closed loop, each client as fast as it is answered)',
  },
  duration: { argument: 'SECONDS', help: 'how long each is measured (default 10)' },
  warmUp: { argument: 'SECONDS', help: 'how long each runs before that (default 2)' },
  timeout: { argument: 'SECONDS', help: 'how long a request waits for its answer (default 5)' },
  keys: { argument: 'N', help: 'how many keys; those that are read are written first (default 10000)' },
  valueBytes: { argument: 'N', help: 'characters of a value (default 100)' },
  threads: {
    argument: 'N',
    help: 'threads, each with its own NATS connection and its share of the clients (default 1)',
  },
  acceptors: { argument: 'N', help: 'with --local: how many acceptors (default 3)' },
  proposers: { argument: 'N', help: 'with --local: how many proposers (default 2)' },
  data: {
    argument: 'DIR',
    help: 'the directory of a `synod up` on this machine: its NATS, and CPU and memory of its processes',
  },
  monitor: {
    argument: 'URL',
    help: 'monitoring of the nats-server, http://HOST:PORT, to count messages (default: that of --data)',
  },
  prefix: { argument: 'SUBJECT', help: 'first words of the subjects of the service (default synod)' },
  ...natsHelp,
};

export interface BenchConfig {
  readonly workloads: readonly string[];
  readonly clients: readonly number[];
  /** Each is measured, one after another. */
  readonly proposers: readonly Proposer[];
  /** Operations per second; null for a closed loop. */
  readonly rate: number | null;
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly timeoutMs: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly threads: number;
  readonly prefix: string;
  readonly json: 'none' | 'stdout' | { readonly file: string };
  readonly target: BenchTarget;
}

export type BenchTarget =
  /** A cluster that is started for the benchmark. The numbers are checked where `synod up` checks its own. */
  | { readonly kind: 'local'; readonly acceptors: string | undefined; readonly proposers: string | undefined }
  | {
      readonly kind: 'running';
      readonly nats: NatsConfig;
      /** Whether the servers were named, rather than being the default. */
      readonly isNatsGiven: boolean;
      readonly data: string | null;
      readonly monitor: string | null;
    };

/** @throws ConfigError with every mistake. */
export function benchConfig(flags: Flags, env: Environment): BenchConfig {
  const gathered = gather(Object.keys(benchShape), flags, natsVariables(env));
  const values = checked(z.object(benchShape), gathered, given => [
    ...natsMistakes(given),
    ...targetMistakes(given),
    ...embeddedMistakes(given),
  ]);
  return {
    workloads: values.workload.includes(ALL) ? NAMES : [...new Set(values.workload)],
    clients: [...new Set(values.clients)],
    proposers: values.embedded ? ['service', 'embedded'] : ['service'],
    rate: values.rate ?? null,
    durationMs: values.duration * 1000,
    warmUpMs: values.warmUp * 1000,
    timeoutMs: values.timeout * 1000,
    keys: values.keys,
    valueBytes: values.valueBytes,
    threads: values.threads,
    prefix: values.prefix,
    json: jsonOf(values.json),
    target: values.local
      ? { kind: 'local', acceptors: values.acceptors, proposers: values.proposers }
      : {
          kind: 'running',
          nats: natsConfig(values),
          isNatsGiven: gathered.given.has('nats'),
          data: values.data ?? null,
          monitor: values.monitor ?? null,
        },
  };
}

/** The nodes' own settings in the environment are none of a benchmark's. */
function natsVariables(env: Environment): Environment {
  const isOurs = (name: string): boolean => /^(NATS_URL|SYNOD_NATS|SYNOD_NATS_.*|SYNOD_PREFIX)$/.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isOurs(name)));
}

function targetMistakes({ given }: Gathered): readonly string[] {
  const isFlag = (key: string): boolean => given.get(key)?.origin === flagOf(key);
  if (!given.has('local')) {
    return ['acceptors', 'proposers']
      .filter(isFlag)
      .map(key => `Cannot use ${flagOf(key)} without --local: a cluster that runs has its own.`);
  }
  return ['data', 'monitor', 'prefix', ...Object.keys(natsShape)]
    .filter(isFlag)
    .map(key => `Cannot use --local and ${flagOf(key)} together: --local starts a cluster of its own.`);
}

function embeddedMistakes({ given }: Gathered): readonly string[] {
  if (!given.has('embedded') || given.has('local') || given.has('data')) return [];
  return [
    'Cannot use --embedded without --local or --data: they tell which acceptors a proposer works with.',
  ];
}

function jsonOf(json: string | true | undefined): BenchConfig['json'] {
  if (json === undefined) return 'none';
  return json === true ? 'stdout' : { file: json };
}
