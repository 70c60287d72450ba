// What a seed makes of a run: how many of everything, and which faults how hard. Swarm testing (Groce et al.,
// 2012): each seed leaves a random half of the faults out, because faults hide each other's consequences.

import { partitionOf } from '../../src/protocol/partition.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { DEFAULT_TIMING, type Timing } from '../../src/protocol/work.ts';
import type { Dice } from './dice.ts';

/**
 * What a key is mostly used as. A list is a variable that tokens are appended to and nothing else; a lock is one
 * that is created and deleted, so that what is refused now is possible soon. A lease is one for the changes of locks, an
 * account one for those of transactions. What is fleeting is a variable that is mostly written to last for a time.
 */
export type Profile = 'switch' | 'register' | 'variable' | 'list' | 'lock' | 'lease' | 'account' | 'fleeting';

export interface KeyPlan {
  readonly key: string;
  readonly profile: Profile;
}

export interface NetworkPlan {
  readonly delayMs: number;
  readonly spreadMs: number;
  /** Each link is slower than that by one of these factors: who is near to whom decides who lags behind. */
  readonly distances: readonly number[];
  readonly loss: number;
  readonly duplication: number;
  /** The chance of a message to arrive long after, and how long at most. */
  readonly lateness: number;
  readonly lateMsMax: number;
}

/** A fault that comes again and again, at random intervals around `everyMs`, each for up to `forMs`. */
export interface Recurring {
  readonly everyMs: number;
  readonly forMs: number;
}

export interface FaultPlan {
  readonly partitions: Recurring | undefined;
  readonly acceptorCrashes: Recurring | undefined;
  readonly proposerCrashes: Recurring | undefined;
  readonly pauses: Recurring | undefined;
  readonly clockJumps: Recurring | undefined;
  readonly fullDisks: Recurring | undefined;
  /** How likely a crash takes the disk back to an earlier state, as far as that can be noticed. */
  readonly rollbacks: number;
}

export interface ClientPlan {
  readonly count: number;
  readonly calls: number;
  readonly thinkMs: number;
  /** How long a proposer may work on an attempt, and how long the client waits for its answer. */
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly attemptsMax: number;
  /** The chance of a request to carry an id, and of a call to be a read. */
  readonly ids: number;
  readonly reads: number;
}

/** Who holds a lock with leases, and uses what it guards. */
export interface OwnersPlan {
  readonly count: number;
  /** How often each acquires it, or several times as often when others have it. */
  readonly grants: number;
  readonly ttlMs: number;
  /** The chance of an owner to be paused in the midst of its work, for some times the lease. */
  readonly pauses: number;
  readonly clocks: ClocksPlan;
}

/** How fast or slow clocks of proposers run at most, and how far they are apart at first. */
interface ClocksPlan {
  readonly drift: number;
  readonly skewMsMax: number;
}

/** A variable that lasts for a time. */
export interface ExpiryPlan {
  readonly ttlMs: number;
  readonly clocks: ClocksPlan;
}

/** Who moves money between accounts by transactions. */
export interface TellersPlan {
  readonly count: number;
  readonly accounts: number;
  readonly transactions: number;
  readonly attemptsMax: number;
  /** How often a teller looks whether another transaction is over before it ends it. */
  readonly patience: number;
  /** The chance of a teller to be gone after any step. */
  readonly crashes: number;
}

export interface LimitsPlan {
  readonly cacheBytesMax: number;
  readonly objectBytesMax: number;
  readonly ringBytesMax: number;
  readonly valueBytesMax: number;
  /** Few in half of the runs: all ids are numbered, and what is forgotten must not be applied again (R4). */
  readonly rememberedMax: number;
  readonly requestsMax: number;
  readonly floorUsesMax: number;
}

export interface Plan {
  readonly acceptors: number;
  readonly proposers: number;
  readonly keys: readonly KeyPlan[];
  readonly network: NetworkPlan;
  readonly faults: FaultPlan;
  readonly clients: ClientPlan;
  readonly owners: OwnersPlan | undefined;
  readonly tellers: TellersPlan | undefined;
  readonly expiry: ExpiryPlan | undefined;
  readonly limits: LimitsPlan;
  readonly timing: Timing;
  /** Whom proposers ask to vote at once, and how long the others leave it. */
  readonly asks: 'quorum' | 'all';
  readonly patienceMs: number;
  readonly loadMsMax: number;
  readonly commitMsMax: number;
  /** How fast or slow clocks of proposers run at most. */
  readonly drift: number;
  /** How far the nodes' clocks are apart at first. */
  readonly skewMsMax: number;
  /** Whether the proposers know each other and pass requests on to the homes of their keys. */
  readonly hasHomes: boolean;
  /** How many proposers share the keys. */
  readonly homesMax: number;
  /** Whether the acceptors have met before. */
  readonly isFormed: boolean;
  /** How often the members are changed, and by how many acceptors in all. */
  readonly memberChanges: number;
  /** Whether one acceptor and one proposer hear nobody else over a change (C5). */
  readonly secludes: boolean;
  /** How many groups of acceptors there are, and how often a partition is moved from one to another. */
  readonly groups: number;
  readonly moves: number;
  /** How often a register is looked at that may be collected. */
  readonly collects: { readonly everyMs: number } | undefined;
  /** Whether most keys are in one partition, where one that is collected leaves its version to the others (D3). */
  readonly isCrowded: boolean;
  /** Whether messages go through their codec, and not as objects. */
  readonly usesCodec: boolean;
}

/** The chance of each fault to be in a run. */
const FAULT_SHARES = [0.1, 0.25, 0.5];
const AMPLE_BYTES = 1 << 24;
/** The first has room for a record or two, so that they push out each other; the others for all. */
const RING_BYTES = [1024, 4096, 1 << 18];

export function planOf(dice: Dice): Plan {
  const share = dice.pick(FAULT_SHARES);
  const isDuel = dice.chance(0.5);
  const owners = ownersPlan(dice.others(1));
  const tellers = tellersPlan(dice.others(2));
  const expiry = expiryPlan(dice.others(3));
  const isCrowded = dice.others(4).chance(0.3);
  const rings = dice.others(5);
  const reserve = dice.others(7);
  const network = networkPlan(dice, { share, isDuel });
  const plan: Plan = {
    acceptors: dice.weighted([
      [16, 3],
      [2, 5],
      [1, 4],
      [2, 1],
    ]),
    proposers: isDuel ? dice.whole(2, 3) : dice.whole(1, 3),
    keys: [
      ...plainKeys(keyPlans(dice, isDuel ? 1 : dice.whole(1, 4)), { expiry, isCrowded }),
      ...(owners === undefined ? [] : [LEASE]),
      ...accountPlans(tellers?.accounts ?? 0),
    ],
    network,
    faults: faultPlan(dice, share),
    clients: clientPlan(dice, isDuel),
    owners,
    tellers,
    expiry,
    limits: {
      cacheBytesMax: dice.pick([0, rings.pick(RING_BYTES)]),
      objectBytesMax: dice.pick([0, 2000, AMPLE_BYTES, AMPLE_BYTES]),
      ringBytesMax: rings.pick([0, ...RING_BYTES]),
      rememberedMax: dice.pick([1, 4, REMEMBERED_MAX, REMEMBERED_MAX]),
      valueBytesMax: dice.chance(0.1) ? 40 : AMPLE_BYTES,
      requestsMax: dice.chance(0.05) ? 2 : 1000,
      floorUsesMax: dice.pick([0, 1, 4096]),
    },
    timing: {
      ...dice.pick([DEFAULT_TIMING, { ...DEFAULT_TIMING, resendMs: 20, resendMsMax: 200 }]),
      lateMs: reserve.pick([1, DEFAULT_TIMING.lateMs]),
    },
    asks: reserve.pick(['all', 'quorum', 'quorum']),
    patienceMs: reserve.pick([1, 20, 100, 1000]),
    loadMsMax: 1,
    commitMsMax: dice.pick([0.5, 5, 50]),
    drift: 0,
    skewMsMax: dice.pick([0, 60_000]),
    hasHomes: dice.chance(0.5),
    homesMax: dice.pick([1, 10]),
    isFormed: dice.chance(0.9),
    memberChanges: dice.chance(0.2) ? dice.whole(1, 4) : 0,
    secludes: false,
    usesCodec: dice.chance(0.1),
    collects: dice.chance(0.5) ? { everyMs: dice.pick([1, 5, 20]) } : undefined,
    isCrowded,
    groups: 1,
    moves: 0,
  };
  const moves = dice.chance(0.25) ? dice.whole(1, 8) : 0;
  const groups = moves > 0 ? dice.whole(2, 3) : 1;
  const secludes = isSecluding(plan, dice.others(6));
  const skewed = { ...plan, moves, groups, secludes, ...(owners ?? expiry)?.clocks };
  const roomy = tellers === undefined ? skewed : withRoom(skewed);
  return plan.memberChanges + moves === 0 ? roomy : withoutForgetting(roomy);
}

/** Three acceptors, so that one who is not heard leaves a quorum; and somebody else is at work. */
function isSecluding({ memberChanges, acceptors, proposers }: Plan, dice: Dice): boolean {
  return memberChanges > 0 && acceptors === 3 && proposers > 1 && dice.chance(0.5);
}

/** Envelopes are larger than the smallest limit, and several requests are asked at once. */
function withRoom({ limits, ...plan }: Plan): Plan {
  return { ...plan, limits: { ...limits, valueBytesMax: AMPLE_BYTES, requestsMax: 1000 } };
}

/** What a lost disk means while members change or keys move is more than the faults can tell. */
function withoutForgetting(plan: Plan): Plan {
  return { ...plan, isFormed: true, faults: { ...plan.faults, rollbacks: 0 } };
}

function keyPlans(dice: Dice, count: number): readonly KeyPlan[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${i + 1}`,
    profile: dice.weighted<Profile>([
      [2, 'variable'],
      [3, 'list'],
      [2, 'lock'],
      [1, 'register'],
      [1, 'switch'],
    ]),
  }));
}

export const LEASE: KeyPlan = { key: 'lease', profile: 'lease' };

function ownersPlan(dice: Dice): OwnersPlan | undefined {
  if (!dice.chance(0.15)) return undefined;
  const ttlMs = dice.pick([20, 100, 400]);
  return {
    count: dice.whole(2, 3),
    grants: dice.whole(1, 4),
    ttlMs,
    pauses: dice.pick([0.1, 0.5]),
    clocks: { drift: dice.pick([0, 0, 0.02]), skewMsMax: dice.pick([0, 2 * ttlMs, 60_000]) },
  };
}

function tellersPlan(dice: Dice): TellersPlan | undefined {
  if (!dice.chance(0.12)) return undefined;
  return {
    count: dice.whole(2, 3),
    accounts: dice.whole(2, 4),
    transactions: dice.whole(2, 5),
    attemptsMax: dice.whole(2, 5),
    patience: dice.pick([0, 2, 10]),
    crashes: dice.pick([0, 0.03, 0.1]),
  };
}

const FLEETING: KeyPlan = { key: 'fleeting', profile: 'fleeting' };

function expiryPlan(dice: Dice): ExpiryPlan | undefined {
  if (!dice.chance(0.2)) return undefined;
  const ttlMs = dice.pick([5, 50, 300]);
  return {
    ttlMs,
    clocks: { drift: dice.pick([0, 0.02, 0.2]), skewMsMax: dice.pick([0, ttlMs / 2, 2 * ttlMs, 60_000]) },
  };
}

function plainKeys(
  drawn: readonly KeyPlan[],
  { expiry, isCrowded }: Pick<Plan, 'expiry' | 'isCrowded'>,
): readonly KeyPlan[] {
  const keys = expiry === undefined ? drawn : [...drawn, FLEETING];
  return isCrowded ? inOnePartition(keys) : keys;
}

/** The same keys by longer names, all in the partition of the first. */
function inOnePartition(keys: readonly KeyPlan[]): readonly KeyPlan[] {
  const partition = partitionOf(keys[0]?.key ?? '');
  return keys.map(({ key, profile }) => {
    let name = key;
    for (let n = 1; partitionOf(name) !== partition; n++) name = `${key}-${n}`;
    return { key: name, profile };
  });
}

function accountPlans(count: number): readonly KeyPlan[] {
  return Array.from({ length: count }, (_, i) => ({ key: `account${i + 1}`, profile: 'account' }));
}

function networkPlan(dice: Dice, { share, isDuel }: { share: number; isDuel: boolean }): NetworkPlan {
  const maybe = (most: number): number => (dice.chance(share) ? dice.between(0, most) : 0);
  return {
    delayMs: dice.between(0.1, 1),
    spreadMs: dice.pick(isDuel ? [5, 20, 20] : [0.5, 3, 20]),
    distances: dice.pick([[1], [1, 1, 5], [1, 1, 20]]),
    loss: maybe(0.3),
    duplication: maybe(0.4),
    lateness: maybe(0.2),
    lateMsMax: dice.pick([30, 300, 3000]),
  };
}

function faultPlan(dice: Dice, share: number): FaultPlan {
  const maybe = (everyMsMax: number, forMsMax: number): Recurring | undefined => {
    if (!dice.chance(share)) return undefined;
    return {
      everyMs: dice.between(everyMsMax / 20, everyMsMax),
      forMs: dice.between(forMsMax / 20, forMsMax),
    };
  };
  return {
    partitions: maybe(600, 600),
    acceptorCrashes: maybe(500, 300),
    proposerCrashes: maybe(1000, 200),
    pauses: maybe(500, 800),
    clockJumps: maybe(500, 2000),
    fullDisks: maybe(400, 400),
    rollbacks: dice.chance(share) ? dice.pick([0.2, 1]) : 0,
  };
}

/** In a duel everybody wants the same key at once: rounds burn each other, and attempts live on in strange places. */
function clientPlan(dice: Dice, isDuel: boolean): ClientPlan {
  const timeoutMs = isDuel ? 1000 : dice.pick([50, 200, 800]);
  return {
    count: isDuel ? dice.whole(4, 6) : dice.whole(2, 5),
    calls: dice.whole(5, 15),
    thinkMs: isDuel ? 1 : dice.pick([1, 10, 60]),
    timeoutMs,
    silenceMs: timeoutMs * dice.pick([0.3, 1.3]),
    attemptsMax: dice.whole(1, 4),
    ids: dice.pick([0, 0.5, 1]),
    reads: dice.pick([0.1, 0.3, 0.3, 0.7]),
  };
}
