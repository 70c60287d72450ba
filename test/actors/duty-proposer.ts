// A proposer for duties and stages: room for everything but what they are about.

import { ProposerActor } from '../../src/actors/proposer-actor.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { DEFAULT_TIMING } from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';

const BYTES_MAX = 1 << 20;

interface DutyOptions {
  readonly incarnation?: string;
  readonly floorUsesMax?: number;
  readonly asks?: 'quorum' | 'all';
}

export function dutyProposer(
  configuration: Configuration,
  { incarnation = 'p', floorUsesMax = 0, asks = 'all' }: DutyOptions = {},
): ProposerActor {
  return new ProposerActor({
    incarnation,
    configuration,
    codec: { encode: encodeState, decode: decodeState },
    changes: BUILT_IN_CHANGES,
    timing: DEFAULT_TIMING,
    asks,
    seed: 1,
    limits: {
      valueBytesMax: 1000,
      requestsMax: 1000,
      requestBytesMax: BYTES_MAX,
      floorUsesMax,
      objectBytesMax: BYTES_MAX,
      ringBytesMax: BYTES_MAX,
      rememberedMax: REMEMBERED_MAX,
    },
  });
}
