// Carries hellos between acceptors: asks the others until it is told to stop, and answers them for as long as it lives.
// What is said and made of it is actors/standing.ts.

import type { Standing } from '../../actors/standing.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { decodeHello, encodeHello } from '../../transport/hello-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Epochs } from '../process/epochs.ts';
import { type Log, throttled } from '../process/log.ts';

interface HelloParts {
  readonly id: string;
  readonly configuration: Configuration;
  readonly transport: Transport;
  readonly standing: Standing;
  readonly epochs: Pick<Epochs, 'meet'>;
  readonly log: Log;
  /** Something was heard that may change where it stands. */
  readonly onHeard: () => void;
}

interface Hellos {
  stopAsking(): void;
  close(): void;
}

const ASK_MS = 100;
/** Questions after which a person is told that it still waits. */
const ASKS_PER_LINE = 50;

export function openHellos({
  id,
  configuration,
  transport,
  standing,
  epochs,
  log,
  onHeard,
}: HelloParts): Hellos {
  const { hellos } = internalSubjects(configuration.cluster);
  const refused = throttled(log);
  const subscription = transport.subscribe(hellos, ({ bytes, subject }) => {
    const hello = envelopeOf(decodeHello(configuration, bytes), subject, refused)?.hello;
    if (hello === undefined) return;
    epochs.meet(hello.epoch);
    const answer = standing.receive(hello);
    onHeard();
    if (answer !== undefined) transport.publish(hellos, encodeHello(configuration, answer, hello.sender));
  });
  let asks = 0;
  const ask = (): void => {
    transport.publish(hellos, encodeHello(configuration, standing.ask(), ALL));
    asks += 1;
    if (asks % ASKS_PER_LINE !== 1) return;
    if (standing.isCandidate) log('waiting_to_be_made_a_member', { id, by: `synod member add ${id}` });
    else if (asks > 1) log('waiting_for_acceptors', { id, heard: standing.heard });
  };
  const timer = setInterval(ask, ASK_MS);
  ask();
  return {
    stopAsking: () => clearInterval(timer),
    close: () => {
      clearInterval(timer);
      subscription.close();
    },
  };
}
