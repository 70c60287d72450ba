// Each system by the library that a program in Node takes for it: one call an operation, which is a promise. What the
// library costs is then part of what is measured, where the loads of `synod bench` leave out as much as they can.

import { type Answer, failed, type KeyValue } from './key-value.ts';
import { keyValueSystem } from './key-value-system.ts';
import type { RunningSystem } from './system.ts';

export type Operation =
  | { readonly kind: 'create'; readonly key: string; readonly value: string }
  | { readonly kind: 'update'; readonly key: string; readonly value: string; readonly revision: number }
  | { readonly kind: 'read'; readonly key: string };

export interface Library {
  /** `etcd3 1.1.2` */
  readonly version: string;
  /** @throws what the library does, when it is no answer of the service */
  perform(operation: Operation): Promise<Answer>;
  /** What is counted of an error that it threw; undefined for what the error says. */
  wordOf(error: Error): string | undefined;
  close(): Promise<void>;
}

/** Connects to the server at that URL. */
export type OpenLibrary = (url: string) => Promise<Library>;

const operations: KeyValue<Operation, Answer> = {
  create: (key, value) => ({ kind: 'create', key, value }),
  update: (key, value, revision) => ({ kind: 'update', key, value, revision }),
  read: key => ({ kind: 'read', key }),
  writeAnswer: answer => answer ?? failed('timeout'),
  readAnswer: answer => answer ?? failed('timeout'),
};

/** `served` is closed behind the library. */
export function librarySystem(
  library: Library,
  served: Pick<RunningSystem, 'version' | 'servers' | 'close'>,
): RunningSystem {
  const send = async (operation: Operation, onEnd: (answer: Answer) => void): Promise<void> => {
    onEnd(await library.perform(operation).catch(error => thrown(error, library.wordOf)));
  };
  const sender = { send: (...asked: Parameters<typeof send>): void => void send(...asked) };
  return keyValueSystem(operations, sender, {
    ...served,
    version: `${served.version} by ${library.version}`,
    close: async () => {
      await library.close();
      await served.close();
    },
  });
}

/** What is counted of an operation that threw: `wordOf` knows what the library throws. */
export function thrown(error: unknown, wordOf: (error: Error) => string | undefined): Answer {
  const word = error instanceof Error ? wordOf(error) : undefined;
  return failed(word ?? (error instanceof Error ? error.message : String(error)));
}
