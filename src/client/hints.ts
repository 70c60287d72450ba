// Hints of changes as they come over a transport, to anybody who may publish them: what is none is left out.

import { isPlainObject } from '../protocol/value.ts';
import { eventKey, eventSubject } from '../transport/subjects.ts';
import type { Message, Transport } from '../transport/transport.ts';
import type { Hint, OnHint } from './service.ts';

interface Listening {
  readonly prefix: string;
  readonly pattern: string;
}

const utf8 = new TextDecoder();

/** @returns what stops it. */
export function listenForHints(
  transport: Transport,
  { prefix, pattern }: Listening,
  onHint: OnHint,
): () => void {
  const onMessage = (message: Message): void => {
    const hint = hintOf(prefix, message);
    if (hint !== undefined) onHint(hint);
  };
  const subscription = transport.subscribe(eventSubject(prefix, pattern), onMessage, {
    onResumed: () => onHint(undefined),
  });
  return () => subscription.close();
}

function hintOf(prefix: string, { subject, bytes }: Message): Hint | undefined {
  const key = eventKey(prefix, subject);
  try {
    const body: unknown = JSON.parse(utf8.decode(bytes));
    if (!isPlainObject(body) || body.key !== key) return undefined;
    const { version } = body;
    return typeof version === 'number' && Number.isSafeInteger(version) ? { key, version } : undefined;
  } catch {
    return undefined;
  }
}
