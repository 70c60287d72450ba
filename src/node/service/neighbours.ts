// Neighbours: proposers of another cluster that serve the same subjects. A client would be answered by one cluster and then by
// the other, so who finds one at its start does not serve.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PING_INBOX } from '../../transport/subjects.ts';
import type { Message, Transport } from '../../transport/transport.ts';
import { MisplacedError } from '../process/fatal-error.ts';
import { SERVICE_NAME } from './discovery.ts';

/** Who is there answers in a few ms; where nobody is, the server says so at once. */
const ANSWERS_MS = 200;

const pong = z.object({ metadata: z.object({ cluster: z.string(), prefix: z.string() }) });

/** @throws MisplacedError when another cluster answers requests with that prefix. */
export async function checkNeighbours(
  transport: Pick<Transport, 'publish' | 'subscribe'>,
  { cluster, prefix }: { readonly cluster: string; readonly prefix: string },
): Promise<void> {
  const reply = `${PING_INBOX}.neighbours.${randomBytes(8).toString('hex')}`;
  const other = await new Promise<string | undefined>(resolve => {
    const timer = setTimeout(() => end(undefined), ANSWERS_MS);
    const end = (found: string | undefined): void => {
      clearTimeout(timer);
      subscription.close();
      resolve(found);
    };
    const subscription = transport.subscribe(reply, message => {
      if (message.isNoResponders) end(undefined);
      const served = servedBy(message);
      // Where our own serve already, no other cluster does.
      if (served?.prefix === prefix) end(served.cluster === cluster ? undefined : served.cluster);
    });
    transport.publish(`$SRV.PING.${SERVICE_NAME}`, new Uint8Array(0), { reply });
  });
  if (other === undefined) return;
  throw new MisplacedError(
    `Cannot serve '${prefix}.>' for the cluster '${cluster}': on this NATS the cluster '${other}' does. Give one of them a prefix ` +
      'of its own (--prefix, SYNOD_PREFIX), or a NATS of its own.',
  );
}

/** Undefined of what says nothing of it, as proposers of earlier builds. */
function servedBy({ bytes }: Message): z.infer<typeof pong>['metadata'] | undefined {
  try {
    return pong.parse(JSON.parse(Buffer.from(bytes).toString())).metadata;
  } catch {
    return undefined;
  }
}
