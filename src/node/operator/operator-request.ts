// One request of an operator's program to the proposers, and the answer, which comes where only operators listen.

import { isPlainObject } from '../../protocol/value.ts';
import type { Transport } from '../../transport/transport.ts';

/**
 * @param timeoutMs until the answer, or until it is said once more that somebody is at work
 * @param beginMs until somebody says that it is at work, where they do: one that is paused was given the request otherwise
 * @returns the answer as it was parsed; undefined when nobody is there, or nobody answers in time.
 */
export function askProposers(
  transport: Pick<Transport, 'subscribe' | 'publish'>,
  {
    subject,
    inbox,
    bytes,
    timeoutMs,
    beginMs = timeoutMs,
    onBegin,
  }: {
    readonly subject: string;
    readonly inbox: string;
    readonly bytes: Uint8Array;
    readonly timeoutMs: number;
    readonly beginMs?: number;
    readonly onBegin?: (proposer: string) => void;
  },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void): void => {
      clearTimeout(timer);
      subscription.close();
      act();
    };
    const giveUp = (): void => end(() => resolve(undefined));
    let timer = setTimeout(giveUp, beginMs);
    const subscription = transport.subscribe(inbox, message => {
      if (message.isNoResponders) {
        giveUp();
        return;
      }
      try {
        const answer: unknown = JSON.parse(Buffer.from(message.bytes).toString());
        if (isPlainObject(answer) && typeof answer.atWork === 'string') {
          onBegin?.(answer.atWork);
          clearTimeout(timer);
          timer = setTimeout(giveUp, timeoutMs);
        } else end(() => resolve(answer));
      } catch (error) {
        end(() => reject(error));
      }
    });
    transport.publish(subject, bytes, { reply: inbox });
  });
}
