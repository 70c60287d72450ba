// Asks which clusters of the name are on this NATS, before a proposer takes one of them for its own (S6).

import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { decodeEpoch, encodeEpoch } from '../../transport/epoch-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import { MisplacedError } from './fatal-error.ts';

/** Nobody waits longer for acceptors that may not be there yet. */
const FIRST_ANSWER_MS = 200;
/** Of all that are there the others answer soon after the first. */
const OTHER_ANSWERS_MS = 50;

/**
 * @param sender who asks
 * @returns the founder of the cluster; undefined where nobody knows it yet
 * @throws MisplacedError when acceptors of two clusters answer: a proposer would serve either of them.
 */
export async function soleFounder(
  transport: Pick<Transport, 'publish' | 'subscribe'>,
  cluster: string,
  sender: string,
): Promise<string | undefined> {
  const { epochs } = internalSubjects(cluster);
  const founders = new Set<string>();
  await new Promise<void>(resolve => {
    const end = (): void => {
      clearTimeout(timer);
      subscription.close();
      resolve();
    };
    let timer = setTimeout(end, FIRST_ANSWER_MS);
    const subscription = transport.subscribe(epochs, ({ bytes }) => {
      const decoded = decodeEpoch({ cluster }, bytes);
      const founder = decoded.kind === 'envelope' ? decoded.envelope.membership?.founder : undefined;
      if (founder === undefined) return;
      if (founders.size === 0) {
        clearTimeout(timer);
        timer = setTimeout(end, OTHER_ANSWERS_MS);
      }
      founders.add(founder);
    });
    transport.publish(
      epochs,
      encodeEpoch({ cluster }, sender, { epoch: FIRST_EPOCH, membership: undefined }),
    );
  });
  if (founders.size > 1)
    throw new MisplacedError(
      `Cannot serve the cluster '${cluster}': two clusters of this name are on this NATS, founded by the stores ` +
        `${[...founders].sort().join(' and ')} ("synod verify --data DIR" says which store that of an acceptor is). Stop one of them, or start each with ` +
        'NATS servers of its own.',
    );
  return [...founders][0];
}
