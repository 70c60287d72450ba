// Asks which clusters of the name are on this NATS, before a proposer takes one of them for its own (S6).

import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { decodeEpoch, encodeEpoch } from '../../transport/epoch-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import { MisplacedError } from './fatal-error.ts';

/** Nobody waits longer for acceptors that may not be there yet. */
const FIRST_ANSWER_MS = 200;
/** Of all that are there the others answer soon after the first. */
const OTHER_ANSWERS_MS = 60;
const ASK_MS = 30;
/** Nobody looks at who asks. */
const ASKER = 'asker';

/**
 * @returns the founder of the cluster; undefined where no acceptor votes yet
 * @throws MisplacedError when acceptors of two clusters vote here: a proposer would serve either of them.
 */
export async function soleFounder(
  transport: Pick<Transport, 'publish' | 'subscribe'>,
  cluster: string,
): Promise<string | undefined> {
  const { epochs } = internalSubjects(cluster);
  const founders = new Set<string>();
  await new Promise<void>(resolve => {
    const end = (): void => {
      clearTimeout(timer);
      clearInterval(asking);
      subscription.close();
      resolve();
    };
    let timer = setTimeout(end, FIRST_ANSWER_MS);
    const subscription = transport.subscribe(epochs, ({ bytes }) => {
      const decoded = decodeEpoch({ cluster }, bytes);
      const note = decoded.kind === 'envelope' ? decoded.envelope : undefined;
      const founder = note?.votes === true ? note.membership?.founder : undefined;
      if (founder === undefined) return;
      if (founders.size === 0) {
        clearTimeout(timer);
        timer = setTimeout(end, OTHER_ANSWERS_MS);
      }
      founders.add(founder);
    });
    const question = encodeEpoch({ cluster }, ASKER, { epoch: FIRST_EPOCH, membership: undefined });
    const ask = (): void => transport.publish(epochs, question);
    // Who has just told somebody else may be silent for a moment.
    const asking = setInterval(ask, ASK_MS);
    ask();
  });
  if (founders.size > 1)
    throw new MisplacedError(
      `Cannot tell which cluster '${cluster}' is meant: acceptors of two clusters of this name vote on this NATS, founded by the stores ` +
        `${[...founders].sort().join(' and ')} ("synod verify --data DIR" says which store that of an acceptor is). Stop one of them, or ` +
        'start each with NATS servers of its own.',
    );
  return [...founders][0];
}
