// Synod by its own library for TypeScript.

import { type Client, connect, RefusedError, type State, SynodError } from '../../../src/index.ts';
import { packageVersion } from '../../../src/node/process/version.ts';
import { type Answer, failed } from './key-value.ts';
import type { Library, Operation } from './library.ts';

export async function openSynodLibrary(url: string): Promise<Library> {
  const client = await connect({ servers: [url] });
  return {
    version: `synod ${packageVersion()}`,
    perform: async operation => answerOf(await perform(client, operation)),
    wordOf,
    close: () => client.close(),
  };
}

function perform(client: Client, operation: Operation): Promise<State<string>> {
  const variable = client.variable<string>(operation.key);
  switch (operation.kind) {
    case 'create':
      return variable.create(operation.value);
    case 'update':
      return variable.cas(operation.value, { version: operation.revision });
    case 'read':
      return variable.read();
  }
}

function answerOf({ set, version, value }: State<string>): Answer {
  return set ? { outcome: 'ok', revision: version, value: value ?? '' } : failed('unset');
}

function wordOf(error: Error): string | undefined {
  if (error instanceof RefusedError) return 'conflict';
  return error instanceof SynodError ? error.code : undefined;
}
