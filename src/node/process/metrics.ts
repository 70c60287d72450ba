// Metrics for Prometheus: the only file that knows `prom-client`. Nothing is counted here: what nodes count for themselves
// in plain fields is read when somebody asks.

import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type MetricType,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { Counted } from '../../actors/histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** A value with labels, or one without. */
export type Samples = number | readonly { readonly labels: Labels; readonly value: number }[];

export interface Described {
  /** With its unit, by Prometheus' conventions. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export class Metrics {
  readonly #registry = new Registry();
  #hasDefaults = false;

  gauge(described: Described, read: () => Samples | Promise<Samples>): void {
    const gauge: Gauge = new Gauge({
      ...this.#config(described),
      collect: async () => set(gauge, await read()),
    });
  }

  counter(described: Described, read: () => Samples): void {
    const counter: Counter = new Counter({ ...this.#config(described), collect: () => set(counter, read()) });
  }

  /** @param unit what a value is multiplied by, for milliseconds that are told as seconds */
  histogram(described: Described, unit: number, read: () => Iterable<readonly [Labels, Counted]>): void {
    new ReadHistogram(this.#config(described), described.help, unit, read);
  }

  /** The text that Prometheus takes. What is told of the process itself is measured from the first time on. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry });
    this.#hasDefaults = true;
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #config({ name, help, labels = [] }: Described) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}

function set(metric: Gauge | Counter, samples: Samples): void {
  metric.reset();
  const all = typeof samples === 'number' ? [{ labels: {}, value: samples }] : samples;
  for (const { labels, value } of all) metric.inc(labels, value);
}

/** The package has the type of this and not the value. */
const HISTOGRAM = 'histogram' as unknown as MetricType;

/** The package's own would have every value given to it when it is counted. */
class ReadHistogram extends PromHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #unit: number;
  readonly #read: () => Iterable<readonly [Labels, Counted]>;

  constructor(
    config: ConstructorParameters<typeof PromHistogram>[0],
    help: string,
    unit: number,
    read: () => Iterable<readonly [Labels, Counted]>,
  ) {
    super(config);
    this.#name = config.name;
    this.#help = help;
    this.#unit = unit;
    this.#read = read;
  }

  override async get(): ReturnType<PromHistogram['get']> {
    const values = [...this.#read()].flatMap(([labels, read]) => this.#series(labels, read));
    const described = { name: this.#name, help: this.#help, type: HISTOGRAM };
    return { ...described, aggregator: 'sum', collect: () => undefined, values };
  }

  /** What the registry asks for. */
  getForPromString(): ReturnType<PromHistogram['get']> {
    return this.get();
  }

  #series(labels: Labels, { bounds, counts, sum }: Counted) {
    let count = 0;
    const buckets = counts.map((each, at) => {
      count += each;
      const bound = bounds[at];
      const le = bound === undefined ? '+Inf' : rounded(bound * this.#unit);
      return { labels: { ...labels, le }, value: count, metricName: `${this.#name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum * this.#unit, metricName: `${this.#name}_sum` },
      { labels, value: count, metricName: `${this.#name}_count` },
    ];
  }
}

/** 2.5 ms are 0.0025 s, and not 0.0025000000000000001. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
