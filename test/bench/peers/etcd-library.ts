// etcd by `etcd3`, the usual library for Node. It is no package of this project: who measures by it has it installed then.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Answer, failed } from './key-value.ts';
import type { OpenLibrary, Operation } from './library.ts';

export const ETCD3 = { name: 'etcd3', version: '1.1.2' } as const;

/** What is used of the package. */
interface Etcd3 {
  if(key: string, what: 'Version' | 'Mod', is: '==', value: number): Etcd3Condition;
  put(key: string): { value(value: string): unknown };
  get(key: string): { exec(): Promise<Etcd3Range> };
  close(): void;
}
interface Etcd3Condition {
  then(put: unknown): {
    commit(): Promise<{ readonly succeeded: boolean; readonly header: { readonly revision: string } }>;
  };
}
interface Etcd3Range {
  readonly kvs: readonly { readonly mod_revision: string; readonly value: Buffer }[];
}

/** @param packages the folder that it was installed in */
export function etcd3Library(packages: string): OpenLibrary {
  return async url => {
    const entry = pathToFileURL(join(packages, 'node_modules', ETCD3.name, 'lib', 'index.js')).href;
    const { Etcd3: Client }: { Etcd3: new (options: object) => Etcd3 } = await import(entry);
    const client = new Client({ hosts: url });
    return {
      version: `${ETCD3.name} ${ETCD3.version}`,
      perform: operation => perform(client, operation),
      wordOf: ({ name }) => name,
      close: async () => client.close(),
    };
  };
}

async function perform(client: Etcd3, operation: Operation): Promise<Answer> {
  const { kind, key } = operation;
  if (kind === 'read') {
    const { kvs } = await client.get(key).exec();
    const [found] = kvs;
    if (found === undefined) return failed('unset');
    return { outcome: 'ok', revision: Number(found.mod_revision), value: found.value.toString() };
  }
  const condition =
    kind === 'create' ? client.if(key, 'Version', '==', 0) : client.if(key, 'Mod', '==', operation.revision);
  const { succeeded, header } = await condition.then(client.put(key).value(operation.value)).commit();
  return succeeded ? { outcome: 'ok', revision: Number(header.revision), value: '' } : failed('conflict');
}
