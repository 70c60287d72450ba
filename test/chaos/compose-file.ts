// The file that Compose works with: docker-compose.yml as Compose itself resolves it, with other ports, and other
// acceptors in the course of a run.

import { writeFileSync } from 'node:fs';
import { z } from 'zod';

const shape = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      environment: z.record(z.string(), z.string()).optional(),
      ports: z.array(z.looseObject({ published: z.string() })).optional(),
      volumes: z.array(z.looseObject({ type: z.string(), source: z.string() })).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

export class ComposeFile {
  readonly path: string;
  #composed: z.infer<typeof shape>;

  /** `resolved` is what `docker compose config --format json` prints. */
  constructor(path: string, resolved: string) {
    this.path = path;
    this.#composed = shape.parse(JSON.parse(resolved));
    this.#write();
  }

  /** The only port of a service, at another number of the machine. */
  publish(service: string, port: number): void {
    const { ports = [] } = this.#service(service);
    for (const each of ports) each.published = String(port);
    this.#write();
  }

  /** It opens no port of the machine: another cluster may have it. */
  hide(service: string): void {
    this.#service(service).ports = [];
    this.#write();
  }

  /** The same acceptor under another id, with an empty volume; the list of those that formed the cluster stays. */
  exchange(before: string, after: string): void {
    const { environment, volumes = [], ...rest } = this.#service(before);
    delete this.#composed.services[before];
    delete this.#composed.volumes[before];
    this.#composed.services[after] = {
      ...rest,
      environment: { ...environment, SYNOD_ID: after },
      volumes: volumes.map(volume => ({ ...volume, source: after })),
    };
    this.#composed.volumes[after] = {};
    this.#write();
  }

  #service(name: string): z.infer<typeof shape>['services'][string] {
    const service = this.#composed.services[name];
    if (service === undefined) throw new Error(`docker-compose.yml has no ${name}`);
    return service;
  }

  #write(): void {
    writeFileSync(this.path, JSON.stringify(this.#composed, null, 2));
  }
}
