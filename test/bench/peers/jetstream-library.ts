// JetStream's key-value store by the package `nats`, as programs in Node have it.

import { createRequire } from 'node:module';
import { connect, NatsError } from 'nats';
import { WRONG_LAST_SEQUENCE } from './jetstream-messages.ts';
import { type Answer, failed } from './key-value.ts';
import type { Library, Operation } from './library.ts';

/** Of a bucket that is there. */
export async function openJetStreamLibrary(url: string, bucket: string): Promise<Library> {
  const connection = await connect({ servers: [url], name: 'synod-bench' });
  const store = await connection.jetstream().views.kv(bucket, { bindOnly: true });
  const perform = async (operation: Operation): Promise<Answer> => {
    const { kind, key } = operation;
    if (kind === 'read') {
      const found = await store.get(key);
      if (found === null) return failed('unset');
      return { outcome: 'ok', revision: found.revision, value: found.string() };
    }
    const revision =
      kind === 'create'
        ? await store.create(key, operation.value)
        : await store.update(key, operation.value, operation.revision);
    return { outcome: 'ok', revision, value: '' };
  };
  const { version }: { version: string } = createRequire(import.meta.url)('nats/package.json');
  return {
    version: `nats ${version}`,
    perform,
    wordOf,
    close: () => connection.close(),
  };
}

function wordOf(error: Error): string | undefined {
  if (!(error instanceof NatsError)) return undefined;
  const { err_code } = error.api_error ?? { err_code: undefined };
  if (err_code === undefined) return error.code;
  return err_code === WRONG_LAST_SEQUENCE ? 'conflict' : `jetstream_${err_code}`;
}
