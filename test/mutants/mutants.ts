// Each rule of the protocol, deliberately broken: what is replaced where in the compiled product. A test must
// notice every one of them (mutants.test.ts).

import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import type { KeyPlan, Plan } from '../simulation/plan.ts';

export interface Patch {
  /** Below dist/. */
  readonly file: string;
  /** Must be there exactly once; any white space stands for any other. */
  readonly search: string;
  readonly replace: string;
}

export interface Mutant {
  /** The rule's name, and in words how it is broken. */
  readonly breaks: string;
  readonly patches: readonly Patch[];
  /** Where the broken rule matters seldom: the runs in which it can. Default: all. */
  readonly where?: (plan: Plan) => boolean;
}

const ACCEPTOR = 'src/protocol/acceptor.js';
const ACTOR = 'src/actors/acceptor-actor.js';
const ANSWERING = 'src/protocol/answering.js';
const BALLOT = 'src/protocol/ballot.js';
const BATCH = 'src/protocol/batch.js';
const BATCHES = 'src/transport/batch-codec.js';
const BRINGING = 'src/actors/bringing.js';
const CARRYING = 'src/protocol/carrying.js';
const COUNTING = 'src/protocol/counting.js';
const DECIDING = 'src/protocol/deciding.js';
const ENGINE = 'src/node/engine/proposer-engine.js';
const ERASING = 'src/protocol/erasing.js';
const GROUP_MAP = 'src/protocol/group-map.js';
const INSTANCE = 'src/protocol/instance.js';
const FETCHING = 'src/protocol/fetching.js';
const BASIS = 'src/protocol/basis.js';
const FLOOR = 'src/protocol/floor.js';
const LINEAGE = 'src/protocol/lineage.js';
const MEMORY = 'src/protocol/memory.js';
const MOVING = 'src/protocol/moving.js';
const PASSES = 'src/protocol/passes.js';
const PASSING = 'src/actors/passing.js';
const QUORUM = 'src/protocol/quorum.js';
const REACH = 'src/node/engine/acceptor-watch.js';
const REGISTER = 'src/protocol/register.js';
const REGISTER_MEMORY = 'src/actors/register-memory.js';
const RESERVE = 'src/protocol/reserve.js';
const RESTORING = 'src/protocol/restoring.js';
const RING = 'src/actors/record-ring.js';
const ROUND = 'src/protocol/round.js';
const ROUTER = 'src/actors/router.js';
const SESSIONS = 'src/protocol/sessions.js';
const SLOT_MEMORY = 'src/actors/slot-memory.js';
const STANDING = 'src/actors/standing.js';
const STAYS = 'src/protocol/stays.js';
const TELLING = 'src/actors/telling.js';
const VOTE = 'src/actors/vote.js';
const WAKEFULNESS = 'src/node/service/wakefulness.js';
const HOMES = 'src/actors/homes.js';
const PASS_DESK = 'src/node/service/pass-desk.js';
const WATCH = 'src/node/service/home-watch.js';

function mutant(breaks: string, file: string, [search, replace]: readonly [string, string]): Mutant {
  return { breaks, patches: [{ file, search, replace }] };
}

const ACCEPTOR_MUTANTS: readonly Mutant[] = [
  mutant('A1: prepare skips the promise check', ACCEPTOR, [
    'compareBallots(ballot, slot.promised) < 0 || compareBallots(ballot, slot.accepted) <= 0',
    'compareBallots(ballot, slot.accepted) <= 0',
  ]),
  mutant('A1: accept skips the promise check', ACCEPTOR, [
    'compareBallots(ballot, slot.promised) < 0 || compareBallots(ballot, slot.accepted) < 0',
    'compareBallots(ballot, slot.accepted) < 0',
  ]),
  {
    // An acceptance raises the promise as well, so that either check alone would do. Here neither is left.
    breaks: 'A1: accept neither checks what it accepted nor raises the promise',
    patches: [
      {
        file: ACCEPTOR,
        search: 'compareBallots(ballot, slot.promised) < 0 || compareBallots(ballot, slot.accepted) < 0',
        replace: 'compareBallots(ballot, slot.promised) < 0',
      },
      {
        file: ACCEPTOR,
        search: 'promised: maxBallot(ballot, next), accepted: ballot',
        replace: 'promised: slot.promised, accepted: ballot',
      },
    ],
  },
  mutant('A1: the piggybacked promise is not stored', ACCEPTOR, [
    'promised: maxBallot(ballot, next), accepted: ballot',
    'promised: ballot, accepted: ballot',
  ]),
  mutant('A3: the simulated runtime sends before the commit as well', 'test/simulation/turn-loop.js', [
    'disk.write(turn.persist);',
    'disk.write(turn.persist); this.#parts.send(turn.send);',
  ]),
];

/** Crashes take disks back in time. */
const isForgetful = ({ faults }: Plan): boolean =>
  faults.rollbacks > 0 && faults.acceptorCrashes !== undefined;

/** Members are changed. */
const isChanging = ({ memberChanges }: Plan): boolean => memberChanges > 0;
/** And some hear of it late. */
const isChangingApart = (plan: Plan): boolean =>
  isChanging(plan) && plan.proposers > 1 && plan.faults.partitions !== undefined;

/** One acceptor and one proposer are left out of a change, and the promises of before are for single keys. */
const isSecluding = ({ secludes, limits, faults, network }: Plan): boolean =>
  secludes && limits.floorUsesMax === 0 && faults.partitions === undefined && network.loss < 0.1;

const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  {
    ...mutant('C1: in a joint epoch the members after it decide alone', QUORUM, [
      '[joint.before, joint.after].every',
      '[joint.after].every',
    ]),
    where: isChanging,
  },
  {
    ...mutant('C1: in a joint epoch the members before it decide alone', QUORUM, [
      '[joint.before, joint.after].every',
      '[joint.before].every',
    ]),
    where: isChanging,
  },
  {
    breaks: 'C2: acceptors vote in every epoch, and proposers count that',
    patches: [
      {
        file: 'src/actors/acceptor-actor.js',
        search: 'if (input.epoch !== epoch) continue; const own',
        replace: 'const own',
      },
      {
        file: 'src/actors/proposer-actor.js',
        search: 'epoch !== configuration.epoch || !isMember',
        replace: '!isMember',
      },
    ],
    where: isChangingApart,
  },
  {
    ...mutant(
      'C2: an acceptor forgets at a start which epoch it had adopted',
      'src/storage/memory-record.js',
      ['epoch: number(epoch)', 'epoch: 1'],
    ),
    where: isChanging,
  },
  {
    ...mutant('C3: the keys are not brought over', CARRYING, ['this.#hold(acceptor, holding);', '']),
    where: isChanging,
  },
  {
    ...mutant('C3: what one acceptor has is taken to be brought over', CARRYING, [
      '!isQuorum(this.#configuration, holders)',
      'holders.length === 0',
    ]),
    where: isChanging,
  },
  {
    ...mutant('C3: a copy that was refused counts', CARRYING, [
      'carried !== undefined && compareBallots(reply.accepted, carried.accepted) === 0',
      'carried !== undefined',
    ]),
    where: isChanging,
  },
  {
    ...mutant('C3: a copy is accepted below a promise', VOTE, [
      'accept(lifted, ballot, value, ballot)',
      'accept({ ...slot, promised: slot.accepted }, ballot, value, ballot)',
    ]),
    where: isChanging,
  },
  {
    ...mutant('C4: a round goes on over an epoch', 'src/actors/proposer-actor.js', [
      'lane.instance = restart(lane.instance, context);',
      '',
    ]),
    where: isChanging,
  },
];

const COLLECTED = 'src/protocol/collected.js';
const COLLECTING = 'src/protocol/collecting.js';

/** Registers are deleted and collected. */
const isCollecting = ({ collects, keys }: Plan): boolean =>
  collects !== undefined && keys.some(({ profile }) => profile === 'lock' || profile === 'variable');
/** One key, and nothing else that ends lives or rounds. */
const isCollectingAlone = (plan: Plan): boolean =>
  isCollecting(plan) &&
  plan.keys.length === 1 &&
  plan.proposers > 1 &&
  plan.moves === 0 &&
  plan.memberChanges === 0;
const isCollectingApart = (plan: Plan): boolean =>
  isCollecting(plan) &&
  (plan.faults.partitions !== undefined ||
    plan.faults.acceptorCrashes !== undefined ||
    plan.network.loss > 0.05);

/** A lock is created and deleted again and again. */
const isBusyLock = ({ keys, clients }: Plan): boolean =>
  keys.some(({ profile }) => profile === 'lock') && clients.thinkMs <= 1;

const COLLECTION_MUTANTS: readonly Mutant[] = [
  {
    ...mutant('D1: what all acceptors but one hold is collected', COLLECTING, [
      'configuration.acceptors.every(name =>',
      'configuration.acceptors.slice(1).every(name =>',
    ]),
    where: plan => isCollectingApart(plan) && isBusyLock(plan),
  },
  {
    ...mutant('D1: what all hold is collected, whatever the ballots', COLLECTING, [
      'vote.acceptor === name && compareBallots(vote.accepted, accepted) === 0',
      'vote.acceptor === name',
    ]),
    where: isCollecting,
  },
  mutant('D2: an acceptor drops something else than was told', ACCEPTOR, [
    'slot.accepted.counter > 0 && compareBallots(slot.accepted, accepted) === 0',
    'slot.accepted.counter > 0',
  ]),
  mutant('D2: an acceptor drops a slot that promised more', ACCEPTOR, [
    'if (compareBallots(slot.promised, promised) > 0)',
    'if (false)',
  ]),
  mutant('D2: the floor is not raised', ACCEPTOR, [
    'floor: { ...floor, promised, value: remains }',
    'floor: { ...floor, value: remains }',
  ]),
  mutant('D2: the floor is raised in a later commit, if ever', ACTOR, [
    'persist.set(floorKey, step.floor);',
    '',
  ]),
  mutant('D3: versions begin anew', COLLECTED, ['...UNSET, version, forgotten:', '...UNSET, forgotten:']),
  mutant('D3: the versions of an earlier life are not shown', VOTE, [
    'value: accepted.counter === 0 ? floor.value : value',
    'value',
  ]),
  mutant('D3: a quorum without anything accepted is taken for one that never had', BASIS, [
    'if (found.accepted.counter > 0)',
    'if (found.value.length === 0) return remainsAmong([]); if (found.accepted.counter > 0)',
  ]),
  {
    ...mutant('D3: rounds of an earlier life are taken for not applied', BATCH, [
      "latest === 'forgotten' ? Number.POSITIVE_INFINITY : base.collected",
      "latest === 'forgotten' ? Number.POSITIVE_INFINITY : 0",
    ]),
    where: plan => isCollectingAlone(plan) && isBusyLock(plan) && plan.clients.ids < 0.5,
  },
  mutant('D3: sessions of an earlier life are forgotten', COLLECTED, [
    'forgotten: marks.reduce(',
    'forgotten: [].reduce(',
  ]),
  mutant('D3: a fresh key under a floor begins with nothing', FLOOR, [
    'const remains = remainsAmong(answers.map(answer => answer.remains));',
    'const remains = remainsAmong([]);',
  ]),
];

const TOLD_ALONE: readonly [string, string] = [
  'changed: state !== base }',
  'changed: state !== base && state.version !== expired(base, context.nowSeconds).version }',
];

/** Of variables that last for a time: the clocks of the proposers are apart, and drift. */
const EXPIRY_MUTANTS: readonly Mutant[] = [
  mutant('E1: a reader tells by its own clock alone that a variable is over', BATCH, TOLD_ALONE),
  {
    breaks: 'E1: what was over comes back with the round that tells it',
    patches: [
      {
        file: BATCH,
        search: 'let state = expired(base, context.nowSeconds);',
        replace: 'const over = expired(base, context.nowSeconds); let state = over;',
      },
      {
        file: BATCH,
        search: 'keptFor(state, base, context.nowSeconds)',
        replace: 'keptFor(state === over ? { ...base } : state, base, context.nowSeconds)',
      },
    ],
  },
  mutant('E1: the end of a variable has the version of what it ends', COLLECTED, [
    'version: version + 1, untilMs: undefined',
    'untilMs: undefined',
  ]),
  mutant('E1: a variable is over before its time', COLLECTED, [
    '1000 * nowSeconds < untilMs',
    '1000 * nowSeconds + 20 < untilMs',
  ]),
  mutant('E1: a variable is over long after its time', COLLECTED, [
    '1000 * nowSeconds < untilMs',
    '1000 * nowSeconds < untilMs + 500',
  ]),
  mutant('E1: a named change makes a variable last for ever', DECIDING, [
    'lasts ? state.untilMs : undefined',
    'undefined',
  ]),
  mutant('E1: a variable has its time from the state before', REGISTER, [
    'set, value, untilMs };',
    'set, value, untilMs: state.untilMs ?? untilMs };',
  ]),
];

const MEMORY_MUTANTS: readonly Mutant[] = [
  {
    ...mutant('A4: an acceptor votes without asking', MEMORY, [
      "isQuorum(configuration, voters) ? 'vote' : 'ask'",
      "'vote'",
    ]),
    where: isForgetful,
  },
  {
    ...mutant('A4: what others saw of it is not compared', MEMORY, [
      'isOfAnother && sighting.commits > own.since',
      'false',
    ]),
    where: isForgetful,
  },
  {
    ...mutant('A4: peers do not remember durably', 'src/storage/memory-record.js', [
      'seen: Object.fromEntries(sightings)',
      'seen: {}',
    ]),
    where: isForgetful,
  },
  {
    ...mutant('A4: a proposer counts a reply whose number went back', MEMORY, [
      'known.incarnation === stamp.incarnation || stamp.since >= known.commits',
      'true',
    ]),
    where: plan => isForgetful(plan) && plan.proposers === 1 && plan.faults.proposerCrashes === undefined,
  },
  {
    breaks: 'S3: an emptied file joins again',
    patches: [
      { file: MEMORY, search: 'store !== undefined && store !== stamp.store', replace: 'false' },
      {
        file: 'src/actors/standing.js',
        search: 'members?.get(this.#options.id) === this.#options.store',
        replace: 'members?.has(this.#options.id)',
      },
    ],
    where: isForgetful,
  },
];

const PROPOSER_MUTANTS: readonly Mutant[] = [
  mutant('P1: a ballot is used again after an unknown accept', INSTANCE, [
    "const work = { phase: 'accepting', round, state, ...inFlight(carried, context) }; return { ...instance, standing: undefined, work };",
    "const work = { phase: 'accepting', round, state, ...inFlight(carried, context) }; return { ...instance, work };",
  ]),
  mutant('A2: ballots are compared by their counters alone', BALLOT, [
    'if (a.proposer === b.proposer) return 0; return a.proposer < b.proposer ? -1 : 1;',
    'return 0;',
  ]),
  mutant('Paxos P2c: a round builds on the lowest of the accepted values', ROUND, [
    'if (compareBallots(vote.accepted, highest.accepted) > 0)',
    'if (highest.accepted === ZERO_BALLOT || compareBallots(vote.accepted, highest.accepted) < 0)',
  ]),
  mutant('P2: an unknown outcome is reported as no_quorum', ANSWERING, [
    "attempts.length > 0 ? { kind: 'unknown'",
    "attempts.length > 1000 ? { kind: 'unknown'",
  ]),
  mutant('P2: a lack of space is reported as definite after an accept was sent', ANSWERING, [
    "attempts.length > 0 ? 'unknown' : 'storage_full'",
    "'storage_full'",
  ]),
  mutant('P3: an acceptance is counted twice', QUORUM, [
    'voters.includes(voter) ? voters : [...voters, voter]',
    '[...voters, voter]',
  ]),
  mutant('P3: a promise or report is counted twice', ROUND, [
    'votes.some(earlier => earlier.acceptor === vote.acceptor) ? votes : [...votes, vote]',
    '[...votes, vote]',
  ]),
  mutant('P3: a quorum of one', QUORUM, ['voters.length >= quorumSize(configuration)', 'voters.length >= 1']),
  mutant('P3: a late acceptance counts for a later round', COUNTING, [
    "reply.kind === 'accepted' && reply.counter === round.ballot.counter",
    "reply.kind === 'accepted'",
  ]),
  mutant('P3: a late promise counts for a later round', COUNTING, [
    "reply.kind === 'promised' && reply.counter === round.ballot.counter",
    "reply.kind === 'promised'",
  ]),
  {
    ...mutant('P3: a late report counts for a later read', INSTANCE, [
      "case 'reading': if (reply.kind !== 'report' || reply.serial !== work.serial)",
      "case 'reading': if (reply.kind !== 'report')",
    ]),
    where: plan => plan.keys.length === 1 && plan.clients.reads > 0.5,
  },
  mutant('P4: a refusal is answered from the cache', INSTANCE, [
    'return changeStanding(instance, standing, batch, context) ?? read(instance, batch, context);',
    'const made = changeStanding(instance, standing, batch, context); if (made === undefined) answerAll(batch, evaluateIn(context, batch, standing.state).outcomes, context); return made ?? instance;',
  ]),
  mutant('P4: what phase 1 found is answered though no quorum holds it', INSTANCE, [
    '!evaluated.changed && isChosen',
    '!evaluated.changed',
  ]),
  mutant('P4: a read is answered with the first report', INSTANCE, [
    'const chosen = chosenAmong(context.configuration, votes);',
    'const chosen = votes[0];',
  ]),
  mutant('P4: a read that finds a newer value trusts the cache', INSTANCE, [
    'held !== undefined && compareBallots(held.accepted, vote.accepted) === 0 ? held : undefined',
    'held',
  ]),
  mutant('P4: a variable is answered from memory', ANSWERING, [
    "state.set && state.kind !== 'variable' ? state : undefined",
    'state.set ? state : undefined',
  ]),
  mutant('P2: the client is answered before a quorum has accepted', INSTANCE, [
    'switch (tallyAccepted(context.configuration, round)) {',
    "switch ('won') {",
  ]),
];

const FLOORS = 'src/actors/floors.js';
const WORK = 'src/protocol/work.js';

const ACTOR_MUTANTS: readonly Mutant[] = [
  mutant('A1: an acceptor does not ask its disk for what it has not in memory', ACTOR, [
    'return { slots: [...slots], partitions: [...partitions] };',
    'return { slots: [], partitions: [...partitions] };',
  ]),
  mutant('A3: an acceptor keeps an old slot in memory', ACTOR, [
    'this.#cache.use(key, slot);',
    'if (!this.#cache.has(key)) this.#cache.use(key, slot);',
  ]),
  mutant('A3: an acceptor remembers what there was no space for', ACTOR, [
    'withoutSpace(inputs, loaded) { this.#stepped = NOTHING_TO_PERSIST;',
    'withoutSpace(inputs, loaded) { this.settled();',
  ]),
  {
    ...mutant('A1: an acceptor answers a read as if its disk had nothing that it has not in memory', ACTOR, [
      '?? (this.#mayHave(key) ? undefined : EMPTY_SLOT)',
      '?? EMPTY_SLOT',
    ]),
    where: ({ limits }) => limits.cacheBytesMax === 0,
  },
  {
    ...mutant('A1: an acceptor finds a slot as it was before it grew', RING, ['this.#unindex(known);', '']),
    where: ({ limits }) => limits.cacheBytesMax > 0,
  },
  mutant('P1: a register is remembered as it was before it changed', REGISTER_MEMORY, [
    'buffer[at] === parts &&',
    'buffer[at] === parts ||',
  ]),
  {
    ...mutant('P1: a ballot that was taken out to be used is still in the ring', REGISTER_MEMORY, [
      'this.#ring.forget(key);',
      '',
    ]),
    where: ({ limits }) => limits.ringBytesMax > 0,
  },
  {
    ...mutant(
      'P1: a ballot that was taken out to be used is still among the objects',
      'src/actors/recency-cache.js',
      ['this.#once.delete(key); this.#often.delete(key); return value;', 'return value;'],
    ),
    where: ({ limits }) => limits.objectBytesMax > 0,
  },
  mutant('A3: a read is answered from a step that is not durable yet', ACTOR, [
    'return this.#cache.get(key) ?? (this.#mayHave',
    'return this.#stepped.get(key) ?? this.#cache.get(key) ?? (this.#mayHave',
  ]),
  mutant('A3: an acceptor does not persist a mere promise', ACTOR, [
    'if (step.slot !== slot)',
    'if (step.slot.accepted !== slot.accepted)',
  ]),
  mutant('progress: a round that met a refusal waits for the silent for ever', WORK, [
    'return work.round.refusals.length > 0;',
    'return false;',
  ]),
  mutant('progress: a split read waits for the silent for ever', WORK, [
    'return isQuorum(context.configuration, acceptorsOf(work.votes));',
    'return false;',
  ]),
  mutant('progress: the deadline of one request drops the others of its batch', ANSWERING, [
    'return batch.filter(pending => pending.deadlineMs > context.nowMs);',
    'return [];',
  ]),
];

const withFloors = (plan: Plan): boolean => plan.limits.floorUsesMax > 0 && plan.proposers > 1;

const FLOOR_MUTANTS: readonly Mutant[] = [
  {
    ...mutant('F1: a floor is answered without its filter', VOTE, [
      'filterOf(members)',
      'filterOf(new Uint32Array(0))',
    ]),
    where: withFloors,
  },
  {
    ...mutant('F1: an acceptor votes below a floor', ACCEPTOR, [
      'return compareBallots(floor, slot.promised) > 0 ? { ...slot, promised: floor } : slot;',
      'return slot;',
    ]),
    where: withFloors,
  },
  {
    ...mutant('F1: a floor is used twice for a key', FLOORS, ['addTo(place.used, key);', '']),
    where: withFloors,
  },
  {
    ...mutant('P4: a request is refused because the filters of a floor know nothing of the key', INSTANCE, [
      'const evaluated = evaluateIn(context, batch, floor.remains);',
      'const evaluated = evaluateIn(context, batch, floor.remains); if (!evaluated.changed) { answerAll(batch, evaluated.outcomes, context); return instance; }',
    ]),
    // Homes keep the others from writing above a floor, and what is deleted may be created again.
    where: plan =>
      plan.limits.floorUsesMax > 1 &&
      !plan.hasHomes &&
      plan.proposers > 1 &&
      plan.keys.filter(isLock).length > 1,
  },
];

const REGISTER_MUTANTS: readonly Mutant[] = [
  mutant('R1: a retry with the same id is applied again', REGISTER, [
    'if (earlier !== undefined) return { state,',
    'if (earlier === null) return { state,',
  ]),
  {
    ...mutant('R1: the id of a refused request is forgotten', REGISTER, [
      'if (isPermanent(applied)) return applied; const',
      "if (applied.outcome.kind === 'refused') return applied; const",
    ]),
    where: ({ clients, keys }) => {
      return clients.ids === 1 && clients.attemptsMax > 1 && keys.every(isLock);
    },
  },
  mutant('R2: a burnt attempt is taken for not applied', BATCH, [
    'attempts.find(candidate => candidate.counter === latest)',
    'undefined',
  ]),
  {
    ...mutant('R2: an attempt that was not found once is never looked for again', BATCH, [
      'const latest = latestRound(base, proposer);',
      "const latest = latestRound(base, proposer); if (latest !== 'forgotten') {" +
        ' return { batch: batch.map(pending => ({ ...pending, attempts:' +
        ' pending.attempts.filter(attempt => attempt.counter === latest) })), unknowable: [] }; }',
    ]),
    where: ({ clients, keys, proposers }) => clients.ids < 1 && keys.length === 1 && proposers === 3,
  },
  mutant('R2: the mark of the round is dropped', LINEAGE, [
    '[...others.slice(1 - ROUND_MARKS_MAX), mark]',
    'others',
  ]),
  {
    // With two marks kept instead of eight, three proposers are enough to forget one.
    breaks: 'R2: a forgotten mark is guessed to be none',
    patches: [
      { file: LINEAGE, search: 'ROUND_MARKS_MAX = 8', replace: 'ROUND_MARKS_MAX = 2' },
      {
        file: LINEAGE,
        search: "state.rounds.length < ROUND_MARKS_MAX ? 'none' : 'forgotten'",
        replace: "'none'",
      },
    ],
  },
];

/** Runs in which ids are forgotten soon, and repeated. */
function forgetsIds({ limits, clients }: Plan): boolean {
  return limits.rememberedMax < REMEMBERED_MAX && clients.ids > 0 && clients.attemptsMax > 1;
}

const SESSION_MUTANTS: readonly Mutant[] = [
  mutant('R4: a numbered request that is remembered no longer is applied again', REGISTER, [
    'if (isForgotten(state.forgotten, id))',
    'if (false)',
  ]),
  mutant('R4: a numbered id that is dropped leaves no mark', REGISTER, [
    'gone.reduce((marks, { id }) => withForgotten(marks, id), state.forgotten)',
    'state.forgotten',
  ]),
  mutant('R4: only the last forgotten number of a session is kept', SESSIONS, [
    'bounded([...below, { first, last }, ...above])',
    '[{ first: number, last: number }]',
  ]),
  {
    // With one range kept instead of 64, the first number that is left out is enough to make two.
    breaks: 'R4: ranges that are too many are dropped, not made one',
    patches: [
      { file: SESSIONS, search: 'RANGES_MAX = 64', replace: 'RANGES_MAX = 1' },
      {
        file: SESSIONS,
        search: '[{ first: lowest.first, last: next.last }, ...others]',
        replace: '[next, ...others]',
      },
    ],
  },
];

/** Runs in which requests are passed on, and most of them change something. */
function passesWrites({ hasHomes, proposers, clients }: Plan): boolean {
  return hasHomes && proposers > 1 && clients.reads < 0.5;
}

function isLock({ profile }: KeyPlan): boolean {
  return profile === 'lock';
}

const PASSING_MUTANTS: readonly Mutant[] = [
  mutant('R3: the mark of a pass is not checked', REGISTER, [
    'if (!isAhead(state.passes, pass))',
    'if (Number.isNaN(pass.number))',
  ]),
  mutant('R3: the mark of a pass is not set', REGISTER, [
    'passes: withPass(applied.state.passes, pass)',
    'passes: applied.state.passes',
  ]),
  mutant('R3: what is taken over is served without the mark of its pass', PASSING, [
    'return { pass: { router: this.#options.incarnation, number },',
    'return { pass: { router: this.#options.incarnation, number: this.#nextNumber(nowMs) },',
  ]),
  {
    ...mutant('R3: a pass that is refused moves no mark', REGISTER, [
      'if (isPermanent(applied)) return applied; return { ...applied,',
      "if (applied.outcome.kind === 'refused') return applied; return { ...applied,",
    ]),
    where: plan => passesWrites(plan) && plan.clients.ids < 1 && plan.keys.every(isLock),
  },
  {
    // With one mark kept instead of eight, two routers are enough to drop one.
    breaks: 'R3: a dropped mark is guessed to be none',
    patches: [
      { file: PASSES, search: 'PASS_MARKS_MAX = 8', replace: 'PASS_MARKS_MAX = 1' },
      { file: PASSES, search: 'dropped: Math.max(dropped, oldest.number)', replace: 'dropped' },
    ],
  },
  mutant('R3: a home tells by itself that a pass is not applied', TELLING, [
    "{ by: 'router', answer, afterMs: 0 }",
    "{ by: 'here', answer, afterMs: 0 }",
  ]),
  mutant('R3: a router tells that what it took over is not applied', TELLING, [
    "{ by: 'here', answer: TAKEN_OVER, afterMs: 0 }",
    "{ by: 'here', answer, afterMs: 0 }",
  ]),
  mutant('R3: a router tells what the home gives back, though it took over', PASSING, [
    'return number > this.#takenOverForgotten && !this.#takenOver.has(number);',
    'return true;',
  ]),
  {
    ...mutant('R3: a home takes what it has taken before', PASSING, [
      'if (!isAhead(this.#taken, pass)) break;',
      '',
    ]),
    where: plan => passesWrites(plan) && plan.network.duplication > 0.1,
  },
];

const LOCKS = 'src/protocol/lock-changes.js';

/** What docs/recipes.md says of locks; and a store that does not look at tokens, for what the tokens are good for. */
const LOCK_MUTANTS: readonly Mutant[] = [
  mutant('locks: granted while another holds it', LOCKS, [
    'holder.owner !== owner && !isOver(holder, nowMs)',
    'holder.owner !== owner && false',
  ]),
  mutant('locks: the token is a count of holders', LOCKS, [
    'token: version',
    'token: before.holders.length + 1',
  ]),
  mutant('locks: whoever shows any token renews and releases', LOCKS, [
    'lock.holders.find(holder => holder.token === token)',
    'lock.holders[0]',
  ]),
  mutant('locks: a renewal is answered and does not last', LOCKS, [
    'Math.max(held.untilMs ?? 0, Math.ceil(nowMs + held.ttlMs))',
    'held.untilMs',
  ]),
  mutant('locks: a store writes whatever token it is shown', 'test/simulation/guarded-store.js', [
    'if (!this.#admits(token)) return false;',
    '',
  ]),
];

const TRANSACTIONS = 'src/protocol/transaction-changes.js';
const STEPS = 'src/client/transactions/steps.js';

/** What docs/transactions.md argues from. */
const TRANSACTION_MUTANTS: readonly Mutant[] = [
  {
    breaks: 'transactions: readers leave intents out of account',
    patches: [
      { file: STEPS, search: 'if (held.intent === undefined) return held;', replace: 'return held;' },
      {
        file: STEPS,
        search: "held.intent !== undefined && (yield* fateOf(held.intent)) !== 'undecided'",
        replace: 'false',
      },
    ],
  },
  mutant('transactions: committed before all keys are prepared', STEPS, [
    "prepared.findIndex(({ kind }) => kind !== 'done')",
    '-1',
  ]),
  mutant('transactions: a committed one is taken for dead', STEPS, [
    "if (isCommitted(held, id)) return 'committed';",
    '',
  ]),
  mutant('transactions: what is undecided is finished as if it were dead', STEPS, [
    "if (fate === 'undecided') return held;",
    '',
  ]),
  mutant('transactions: what is dead is finished as if it were committed', STEPS, [
    "finishOf(key, held.intent.id, fate === 'committed')",
    'finishOf(key, held.intent.id, true)',
  ]),
  mutant('transactions: keys that are only read are not held', STEPS, [
    '[...seen].filter(([other]) => other !== key)',
    '[...seen].filter(([other]) => other !== key && writes.has(other))',
  ]),
  mutant('transactions: what was read is not read again', STEPS, ['if (keys.length > 1)', 'if (false)']),
  mutant('transactions: forgotten before it is finished', STEPS, [
    'const isFinished = yield* finishAll(id, true, others);',
    'const isFinished = true;',
  ]),
  mutant('transactions: a primary commits though its value is another', TRANSACTIONS, [
    "'It takes an id, a version, what comes next, and the other keys'); checkUnchanged(held, since);",
    "'It takes an id, a version, what comes next, and the other keys');",
  ]),
  mutant('transactions: an intent takes the place of another', TRANSACTIONS, [
    'held.intent !== undefined && held.intent.id !== intent.id',
    'false',
  ]),
  mutant('transactions: a primary commits under the intent of another', TRANSACTIONS, [
    'if (held.intent !== undefined) throw',
    'if (false) throw',
  ]),
  mutant('transactions: a fence leaves the version as it is', TRANSACTIONS, [
    'return { ...held, since: version };',
    'return held;',
  ]),
  mutant('T1: plain writes change what is of transactions', DECIDING, [
    'if (isEnvelope(value))',
    'if (false)',
  ]),
];

/** Partitions move. */
const moves = (plan: Plan): boolean => plan.moves > 0;
const movesAndCollects = (plan: Plan): boolean =>
  plan.moves > 1 && plan.collects !== undefined && plan.limits.floorUsesMax > 1;
/** One key may be brought, deleted and collected while another one of its partition waits to be brought. */
const movesAndCollectsCrowded = (plan: Plan): boolean =>
  plan.moves > 0 && plan.collects !== undefined && plan.isCrowded && plan.keys.length > 1;
const movesAndChanges = (plan: Plan): boolean => plan.moves > 0 && plan.memberChanges > 0;

const GROUP_MUTANTS: readonly Mutant[] = [
  {
    breaks: 'G1: a read of a closed stay is answered',
    patches: [
      { file: VOTE, search: "if (kind === 'fetch') {", replace: "if ('serial' in command) {" },
      {
        file: VOTE,
        search: "if (closedTo !== undefined) return { kind: 'closed'",
        replace: "if (closedTo === -1) return { kind: 'closed'",
      },
    ],
  },
  mutant('G1: an accept in a closed stay is voted on', VOTE, [
    'if (closedTo !== undefined) return voteClosed',
    "if (closedTo !== undefined && command.kind !== 'accept') return voteClosed",
  ]),
  mutant('G1: a prepare in a closed stay is voted on', VOTE, [
    'if (closedTo !== undefined) return voteClosed',
    "if (closedTo !== undefined && command.kind !== 'prepare' && command.kind !== 'accept') return voteClosed",
  ]),
  mutant('G1: that a stay is closed is not made durable', ACTOR, [
    'if (closed !== closedBefore)',
    'if (closed === undefined)',
  ]),
  mutant('G1: a request that was sent in an accept is asked anew', ANSWERING, [
    'if (pending.attempts.length === 0) context.effects.closed',
    'if (pending.attempts.length >= 0) context.effects.closed',
  ]),
  mutant('G2: two stays have the same names', STAYS, ['stay === 0 ? key', 'stay >= 0 ? key']),
  mutant('G3: what one acceptor has closed is fetched', FETCHING, [
    'if (!isQuorum(context.configuration, acceptorsOf(votes)))',
    'if (votes.length === 0)',
  ]),
  mutant('G3: a key is used before it is brought', ROUTER, [
    'place.from === undefined || this.#bringingTo(partition, place).isBrought(key)',
    'place !== undefined',
  ]),
  mutant('G3: what is brought replaces what is there', RESTORING, [
    'return isFresh(state) && state.collectedStay < operation.stay ?',
    'return state ?',
  ]),
  mutant('G3: the ids that a register remembers are left behind', RESTORING, [
    '...brought, rounds: state.rounds,',
    '...brought, remembered: [], rounds: state.rounds,',
  ]),
  {
    ...mutant('G3: what the other group has collected stays behind', BRINGING, [
      'remains.collected === 0',
      'remains.collected >= 0',
    ]),
    where: movesAndCollects,
  },
  {
    ...mutant('G6: a stay is collected before everything was brought', GROUP_MAP, [
      'place.group === group && place.from === undefined',
      'place.group === group',
    ]),
    where: movesAndCollectsCrowded,
  },
  mutant('G7: what is on its way is erased where it comes from', GROUP_MAP, [
    'from === undefined ? number : from.number',
    'number',
  ]),
  mutant('G7: the stay that a partition is in is erased', ERASING, [
    '(stayOf(name) ?? ended) < ended',
    '(stayOf(name) ?? ended) <= ended',
  ]),
  mutant('G4: a move ends with keys that were not brought', 'test/simulation/moves.js', [
    'this.#bringAll(keys,',
    'this.#bringAll(keys.slice(1),',
  ]),
  mutant('G4: the end of an earlier move ends a later one', GROUP_MAP, [
    '!sameStay(place, moved) || place.from === undefined',
    'place.from === undefined',
  ]),
  mutant('G4: a read that is answered stands for a key that is brought', ROUTER, [
    'if (bringing.isBrought(key))',
    'if (bringing.waiting >= 0)',
  ]),
  {
    ...mutant('G5: the members after have nothing closed', CARRYING, [
      'Math.max(-1, ...',
      'Math.min(-1, ...',
    ]),
    where: movesAndChanges,
  },
  {
    ...mutant('G5: a promise keeps a copy out of a closed stay', VOTE, [
      'compareBallots(ballot, slot.accepted) > 0',
      'compareBallots(ballot, slot.promised) >= 0',
    ]),
    where: movesAndChanges,
  },
];

/**
 * Those that the simulator must catch. One more is too rare for it and left to test/protocol/recovered.test.ts and test/exploration: a
 * refusal that is told while a burnt attempt may still be found (mayBeFound() in batch.ts).
 */
export const SIMULATED_MUTANTS: readonly Mutant[] = [
  ...ACCEPTOR_MUTANTS,
  ...MEMBERSHIP_MUTANTS,
  ...GROUP_MUTANTS.map(broken => ({ where: moves, ...broken })),
  ...COLLECTION_MUTANTS.map(broken => ({ where: isCollecting, ...broken })),
  ...EXPIRY_MUTANTS.map(broken => ({ ...broken, where: ({ expiry }: Plan) => expiry !== undefined })),
  ...MEMORY_MUTANTS,
  ...PROPOSER_MUTANTS,
  ...ACTOR_MUTANTS,
  ...FLOOR_MUTANTS,
  ...REGISTER_MUTANTS,
  ...SESSION_MUTANTS.map(broken => ({ where: forgetsIds, ...broken })),
  ...PASSING_MUTANTS.map(broken => ({ where: passesWrites, ...broken })),
  ...TRANSACTION_MUTANTS.map(broken => ({ ...broken, where: ({ tellers }: Plan) => tellers !== undefined })),
  ...LOCK_MUTANTS.map(broken => ({ ...broken, where: ({ owners }: Plan) => owners !== undefined })),
];

/** Those that the duties must catch: check-duties.ts names them. */
export const DUTY_MUTANTS: readonly Mutant[] = [
  mutant('G3: the pass marks of a register are left behind', RESTORING, [
    'passes: { ...brought.passes,',
    'passes: { ...state.passes,',
  ]),
  mutant('G3: where passes alone came before, a key is brought again', RESTORING, [
    'return isFresh(state) &&',
    'return isUntouched(state) &&',
  ]),
  mutant('G7: what is erased is told as if it were not', VOTE, [
    'reportOf(left, floor, command)',
    'reportOf(slot, floor, command)',
  ]),
  mutant('G7: a group is taken for clean of which an acceptor was silent', ERASING, [
    'acceptors.every(acceptor => told.has(acceptor))',
    'true',
  ]),
  mutant('G6: what is left of a stay does not tell of which', COLLECTED, [
    'collectedStay: Math.max(stay, state.collectedStay)',
    'collectedStay: 0',
  ]),
  mutant('G6: what was left in a later stay is forgotten with another', COLLECTED, [
    'collectedStay: Math.max(remains.collectedStay, more.collectedStay)',
    'collectedStay: more.collectedStay',
  ]),
  mutant('G6: a delete that came late takes the versions back', RESTORING, [
    'brought.set ? brought.version : Math.max(brought.version, state.version)',
    'brought.version',
  ]),
  mutant('G4: keys are listed by acceptors that have not closed the stay', MOVING, [
    '(closedTo ?? -1) >= stay',
    'true',
  ]),
  mutant('G4: keys are listed by one acceptor', MOVING, ['!isQuorum(', 'closed.length === 0 && !isQuorum(']),
  mutant('G1: that a stay is closed is told without space for it', VOTE, [
    'if (around.closedTo !== undefined)',
    'if (key !== undefined)',
  ]),
  mutant('G1: a repeated accept is answered in a closed stay', VOTE, [
    'if (closedTo !== undefined) return voteClosed',
    "if (closedTo !== undefined && !(command.kind === 'accept' && compareBallots(command.ballot, slot.accepted) === 0)) return voteClosed",
  ]),
  mutant('G1: an earlier stay stays open', STAYS, ['stay <= (', 'stay === (']),
  mutant('R1: what lingered in the socket of a process that was stopped is taken for new', WAKEFULNESS, [
    'return this.#isBehind;',
    'return false;',
  ]),
  mutant('R1: a process that was stopped waits for no ping', WAKEFULNESS, [
    'this.#isBehind = true; void this.#catchUp();',
    'void this.#catchUp();',
  ]),
  mutant('R1: a second stop goes unseen while a ping is under way', WAKEFULNESS, [
    'while (stoppedMs !== this.#stoppedMs)',
    'while (false)',
  ]),
  mutant('R1: a stop is seen only by what is read', WAKEFULNESS, [
    'this.isBehind(nowMs); this.#beatMs',
    'this.#beatMs',
  ]),
  mutant('R1: a connection that is lost counts for an answer', 'src/node/process/flushed.js', [
    'await sleep(PAUSE_MS);',
    'return true;',
  ]),
  mutant('homes: who is heard is trusted, however old that is', HOMES, [
    'doubtedAt: lastPass });',
    'doubtedAt: undefined });',
  ]),
  mutant('homes: an acknowledgement from before the doubt ends it', HOMES, [
    '|| number <= known.doubtedAt',
    '',
  ]),
  mutant('homes: who comes back is trusted at once', HOMES, [
    'known.isGone = false; known.doubtedAt = lastPass;',
    'known.isGone = false;',
  ]),
  mutant('homes: who was held up is waited for no longer than any other', HOMES, [
    'note(PATIENCE, known.answers, tookMs, nowMs);',
    ';',
  ]),
  mutant('homes: a doubt teaches nothing', HOMES, [
    'note(PATIENCE, known.answers, this.patienceMs(peer, nowMs), nowMs);',
    ';',
  ]),
  mutant('homes: one quick answer makes forget the slowest', 'src/actors/slowest-lately.js', [
    'if (tookMs < this.at(nowMs)) return;',
    '',
  ]),
  mutant('homes: what was slow once is remembered for ever', 'src/actors/slowest-lately.js', [
    '* 2 ** ((this.#notedMs - nowMs) / HALF_LIFE_MS)',
    '',
  ]),
  mutant('S6: nobody is of another cluster', 'src/protocol/founder.js', [
    'one !== undefined && other !== undefined && one !== other',
    'false',
  ]),
  mutant('S6: who says no founder is of another cluster', 'src/protocol/founder.js', [
    'one !== undefined && other !== undefined && one !== other',
    'one !== other',
  ]),
  mutant('S6: messages of another cluster are read', 'src/transport/envelope-codec.js', [
    'if (haveTwoFounders(ours.founder, founder))',
    'if (false)',
  ]),
  mutant('S6: a proposer counts the votes of two clusters', ENGINE, [
    'if (current.founder === undefined && founder !== undefined)',
    'if (false)',
  ]),
  mutant('S6: a proposer that hears of an epoch does not learn whose', ENGINE, [
    'current = { ...current, founder }; return;',
    'return;',
  ]),
  mutant('S6: whoever names no founder is of this cluster', 'src/protocol/founder.js', [
    'return ![...other.members.values()].some(store => stores.has(store));',
    'return false;',
  ]),
  mutant('S6: whoever names no founder is of another cluster', 'src/protocol/founder.js', [
    'return ![...other.members.values()].some(store => stores.has(store));',
    'return true;',
  ]),
  mutant('S6: a proposer is of the cluster that another proposer tells of', ENGINE, [
    'if (current.founder === undefined && founder !== undefined && !votes)',
    'if (false)',
  ]),
  mutant('S6: a proposer hears of no epoch by another proposer', ENGINE, [
    'if (current.founder === undefined && founder !== undefined && !votes)',
    'if (!votes)',
  ]),
  mutant('S6: a proposer closes stays of a cluster that it does not know', ENGINE, [
    'mayAskAll || output.commands.every(promisesAtMost)',
    'true',
  ]),
  mutant('S6: a proposer that does not know its cluster asks nothing at all', ENGINE, [
    'mayAskAll || output.commands.every(promisesAtMost)',
    'mayAskAll',
  ]),
  mutant('S6: a proposer that does not know its cluster does not ask which it is', ENGINE, [
    'else epochs.announce();',
    ';',
  ]),
  mutant('S6: pages of keys are taken before it is known of which cluster', 'src/node/scan/key-pages.js', [
    'if (own.founder === undefined && founder !== undefined)',
    'if (false)',
  ]),
  mutant(
    'S6: replies are counted beside the proposer before it is known of which cluster',
    'src/node/scan/commander.js',
    ['if (own.founder === undefined && founder !== undefined)', 'if (false)'],
  ),
  mutant('S6: notes of proposers of another cluster are read', PASS_DESK, [
    'decodeNotes(configuration(), bytes)',
    'decodeNotes({ cluster: configuration().cluster }, bytes)',
  ]),
  mutant('S6: an acceptor adopts the epoch of another cluster', STANDING, [
    'own === undefined ? members.get(id) !== store : areOfTwoClusters(own, { founder, members })',
    'own === undefined && members.get(id) !== store',
  ]),
  mutant('S6: an acceptor takes the answer of another cluster for that of its own', STANDING, [
    'if (!this.#isOfAnother(hello))',
    'if (true)',
  ]),
  mutant('S6: acceptors that came together to the place of another cluster vote there', STANDING, [
    'this.#mayVote = this.#isAtHome();',
    'this.#mayVote = true;',
  ]),
  mutant('S6: an acceptor that another cluster answers never votes', STANDING, [
    'this.#mayVote = this.#isAtHome();',
    'this.#mayVote = this.#stranger === undefined;',
  ]),
  mutant(
    'S6: one acceptor at a wrong place keeps the cluster that is there from beginning to vote',
    STANDING,
    ['else if (votes(hello))', 'else'],
  ),
  mutant('S6: an acceptor gives up before its own cluster can have answered', STANDING, [
    'this.#asks - stranger.since >= OWN_ASKS',
    'this.#asks >= OWN_ASKS',
  ]),
  mutant('S6: an acceptor that votes gives up for another cluster', STANDING, [
    'return isLong && !this.#mayVote ?',
    'return isLong ?',
  ]),
  mutant('S6: another cluster that is gone keeps acceptors from voting', STANDING, [
    'this.#asks - stranger.last < FRESH_ASKS',
    'true',
  ]),
  mutant('S6: a founder is shown before it is durable', STANDING, [
    'founder: this.#durable.founder };',
    'founder: this.#memory.founder };',
  ]),
  mutant('S6: those who formed a cluster do not know its founder', 'src/storage/memory-record.js', [
    'formers && founderOf(formers)',
    'undefined',
  ]),
  mutant(
    'S6: members of a later epoch are taken for those who formed the cluster',
    'src/storage/memory-record.js',
    ['&& epoch === FIRST_EPOCH', ''],
  ),
  mutant('homes: a home that clients do not reach is trusted once it acknowledges something', HOMES, [
    '&& !this.#lost.has(peer)',
    '',
  ]),
  mutant('homes: a home that was lost is lost for ever', HOMES, ['this.#lost.delete(peer);', '']),
  mutant('homes: a home that cannot answer clients takes what is passed to it', PASS_DESK, [
    'isReachable() ? items : items.filter(asksNothing)',
    'items',
  ]),
  mutant('homes: a home that cannot answer clients goes on to say that it is there', PASS_DESK, [
    'this.#isPresent = isReachable();',
    'this.#isPresent = true;',
  ]),
  mutant('queue: a home that was lost is found by what it said before', WATCH, [
    '&& askedMs >= lost.sinceMs',
    '',
  ]),
  mutant('queue: a home that was lost is found when the server says that it is gone', WATCH, [
    'lost !== undefined && !isNoResponders',
    'lost !== undefined',
  ]),
  mutant('queue: who is not connected loses the home', WATCH, ['|| !transport.isConnected', '']),
  mutant('homes: who is full says so for ever', HOMES, ['known.isFull = isFull;', '']),
  mutant('queue: who saw the home once leaves for good', WATCH, ['> patienceMs(home)', '> Infinity']),
  mutant('queue: who saw the home leaves though the server says that it is gone', WATCH, [
    'if (isNoResponders)',
    'if (bytes.length > 0)',
  ]),
  mutant('queue: what a paused home says first is taken for new', WATCH, [
    '|| !this.#open.includes(askedMs)',
    '',
  ]),
  mutant('queue: who only lives says that it stands there', WATCH, [
    'isStanding() ? STANDS : STANDS_NOT',
    'STANDS',
  ]),
  mutant('queue: one that was never seen is lost', WATCH, ['if (!this.#isSeen) return;', '']),
  mutant('queue: those near leave to a home that is far away', WATCH, [
    '&& this.#soonestMs <= NEAR_MS_MAX',
    '',
  ]),
  mutant('reach: who does not answer is sent all the same', REACH, [
    'lateMs > SILENT_MS_MIN',
    'lateMs > Infinity',
  ]),
  mutant('reach: however much it was sent makes no difference', REACH, [
    '> BEHIND_BYTES_MIN)',
    '> Infinity)',
  ]),
  mutant('reach: a burst that nobody can have taken yet tells against all', REACH, [
    'lateMs > BEHIND_MS_MIN &&',
    '',
  ]),
  mutant('reach: one answer, however old, is enough', REACH, [
    'seen.answered = question.number',
    'seen.answered = Infinity',
  ]),
  mutant('reach: who is silent is heard again with what it was asked long ago', REACH, [
    '|| (open !== undefined && tookMs - seen.soonestMs > SILENT_MS_MIN)',
    '',
  ]),
  mutant('reach: who was silent is never taken back', REACH, [
    "this.#tell('acceptor_heard_again'",
    "seen.isSilent = true; this.#tell('acceptor_heard_again'",
  ]),
  mutant('reach: those who are left do not have to be a quorum', REACH, [
    'if (isQuorum(configuration, voting))',
    'if (reached.length > 0)',
  ]),
  mutant('reach: who does not vote counts', REACH, [
    '!isNoResponders && Buffer.from(bytes).includes(VOTING)',
    '!isNoResponders',
  ]),
  mutant('reach: who is far away is silent', REACH, ['open.askedMs - seen.soonestMs', 'open.askedMs']),
  mutant('reach: where all have much to take, the silent are sent it as well', REACH, [
    '[behind, silent]',
    '[behind]',
  ]),
  mutant('reach: a rest counts as silence', REACH, ['> REST_MS', '> Infinity']),
  mutant('P2: a batch tells what has not ended as not applied', BATCHES, [
    "TOO_LATE = new BadRequest('unknown'",
    "TOO_LATE = new BadRequest('no_quorum'",
  ]),
  mutant('P2: a batch tells what has no room in its reply as not applied', BATCHES, [
    "NO_ROOM = new BadRequest('unknown'",
    "NO_ROOM = new BadRequest('too_large'",
  ]),
  mutant('R1: requests of a batch lose their ids', BATCHES, [
    '{ ...body, timeoutMs: lesser(body.timeoutMs, timeoutMs) }',
    '{ ...body, id: undefined, timeoutMs: lesser(body.timeoutMs, timeoutMs) }',
  ]),
  mutant('G6: what was deleted and collected is brought once more', RESTORING, [
    'isFresh(state) && state.collectedStay < operation.stay',
    'isFresh(state)',
  ]),
  mutant('transactions: a commit that was refused may still take place', STEPS, [
    "yield [change(key, 'fence', [id, since])];",
    'yield [{ key, change: undefined, args: [] }];',
  ]),
  mutant('a grant is told the token of the one before', 'src/transport/recipe-replies.js', [
    'token: version }',
    'token: version - 1 }',
  ]),
  mutant('A3: the runtime sends before the commit', 'src/actors/runtime.js', [
    'await store.commit(persist);',
    'void store.commit(persist);',
  ]),
  mutant('A3: the runtime takes the next turn before the commit', 'src/actors/runtime.js', [
    'await store.commit(persist);',
    'await Promise.race([store.commit(persist), null]);',
  ]),
  mutant('A3: the runtime sends the votes that there was no space for', 'src/actors/runtime.js', [
    'isDurable ? turn.send',
    'true ? turn.send',
  ]),
  mutant('P6: the reserve is not asked when the others have all answered', RESERVE, [
    'answers(work) < asked',
    'true',
  ]),
  mutant('P6: the reserve is asked while others still owe their votes', RESERVE, [
    'answers(work) < asked',
    'false',
  ]),
  mutant('P6: nobody is ever late', RESERVE, ['nowMs < work.owedSinceMs + timing.lateMs', 'true']),
  mutant('P6: a vote is late as soon as another one is there', RESERVE, [
    'nowMs < work.owedSinceMs + timing.lateMs',
    'false',
  ]),
  mutant('P6: all are late where nobody has answered', RESERVE, ['|| answers(work) === 0', '']),
  mutant('P6: the reserve is asked again and again', RESERVE, [
    'return { ...work, reserve: [], allAskedMs: context.nowMs };',
    'return work;',
  ]),
  mutant('P6: who has no space has not answered', RESERVE, ['+ round.full.length', '']),
  mutant('P6: too few are asked to decide', RESERVE, ['order.slice(0, i + 1)', 'order']),
  mutant('P6: where all rounds take long everybody is late', 'src/actors/reserve.js', [
    'Math.max(lateMs, LATE_MS_MAX)',
    'lateMs',
  ]),
  mutant('P6: what all are asked is left to the reserve', 'src/actors/proposer-actor.js', [
    'broadcast.every(isPatient) ? reserve : []',
    'reserve',
  ]),
  mutant('P6: a slow minority teaches that all are slow', 'src/actors/reserve.js', [
    'if (answers(before) === 0 && before.resends === 0)',
    'if (true)',
  ]),
  mutant('P6: what had to be asked again teaches patience', 'src/actors/reserve.js', [
    '&& before.resends === 0',
    '',
  ]),
  mutant('P6: the votes that the reserve repeats make the others look behind', 'src/actors/round-tally.js', [
    'answered.accepted -= 1;',
    ';',
  ]),
  mutant('P6: who has no space is asked first again', 'src/actors/reserve.js', [
    'withoutSpace.length > 0',
    'false',
  ]),
  mutant('P6: all are late when all are asked again', 'src/actors/reserve.js', [
    'after.resends > before.resends',
    'false',
  ]),
  mutant('P6: there is no time left for the answer of the reserve', RESERVE, [
    'allAskedMs: context.nowMs',
    'allAskedMs: work.startedAtMs',
  ]),
  mutant('P6: what has waited for long enough waits on when a read is answered', 'src/actors/runtime.js', [
    'isUrgent || this.#isOverdue ||',
    'isUrgent ||',
  ]),
  mutant('P6: what may wait waits no more after a read', 'src/actors/runtime.js', [
    'this.#isDue = isUrgent || this.#isOverdue || this.#mailboxWeight >= turnWeightMax;',
    '',
  ]),
  mutant('P6: the reserve answers a read before the votes that came first', ACTOR, [
    '|| waiting.has(command.key)',
    '',
  ]),
  mutant('C4: who is asked after all is asked in the next epoch', 'src/actors/proposer-actor.js', [
    'context.effects.direct.length = 0;',
    '',
  ]),
  mutant('P6: who was late is not noted', 'src/actors/reserve.js', [
    'this.late(owing(before, configuration), nowMs);',
    ';',
  ]),
  mutant('P6: who was late is asked first again', 'src/actors/reserve.js', [
    '[...punctual, ...late]',
    'configuration.acceptors',
  ]),
  mutant('P6: what may wait waits for ever', 'src/actors/runtime.js', [
    'if (this.#mailbox.length === 0)',
    'if (true)',
  ]),
  mutant('P6: what may wait piles up beyond a turn', 'src/actors/runtime.js', [
    '!== true || this.#mailboxWeight >= turnWeightMax',
    '!== true',
  ]),
  mutant('P6: the reserve answers what is only read', ACTOR, [
    'items.filter(command => !isReadCommand(command))',
    'items',
  ]),
  mutant('P6: nobody is patient', ACTOR, ['commands, isPatient: true', 'commands']),
  mutant('F1: the filter of a floor is of what was on disk before the turn', ACTOR, [
    'joinedPrints(onDisk, printsOf(ofThisTurn))',
    'onDisk',
  ]),
  mutant('F1: reports of acceptors that have not promised the floor do for a phase 1', FLOOR, [
    'reports.filter(({ acceptor }) => holders.includes(acceptor))',
    'reports',
  ]),
  mutant('F1: reports from above the floor do for a phase 1', FLOOR, [
    'compareBallots(accepted, ballot) < 0',
    'true',
  ]),
  {
    // It came before the votes were counted, but they may be older than what another proposer told since. Chance meets that too
    // seldom: not in 1,000 runs.
    breaks: 'P4: a read that arrives after the accept was sent is answered by its round',
    patches: [
      {
        file: 'src/actors/lane.js',
        search: "work.phase === 'reading' ? Math.max",
        replace: "work.phase === 'reading' || work.phase === 'accepting' ? Math.max",
      },
      {
        file: 'src/actors/proposer-actor.js',
        search: 'if (room === 0 || !lane.hasWaitingChange)',
        replace: 'if (room === 0)',
      },
      {
        file: INSTANCE,
        search: "if (work.phase !== 'reading' || standing === undefined || more.some(isFetch))",
        replace: `if (work.phase === 'accepting' && more.every(isOfRead)) {
          const told = withAttempt(more, work.round.ballot.counter, evaluateIn(context, more, work.state).outcomes);
          return { ...instance, work: { ...work, batch: [...work.batch, ...told] } };
        }
        if (work.phase !== 'reading' || standing === undefined || more.some(isFetch))`,
      },
    ],
  },
  mutant('P4: a change that joins a quorum read is refused from memory', INSTANCE, [
    'return evaluated.changed ? propose(instance, ballot, batch, evaluated, context) : undefined;',
    `if (evaluated.changed) return propose(instance, ballot, batch, evaluated, context);
    if (instance.work.phase !== 'reading') return undefined;
    answerAll(batch, evaluated.outcomes, context);
    return { ...instance, work: IDLE };`,
  ]),
  mutant('P2: a change joins a quorum read after its deadline', 'src/actors/proposer-actor.js', [
    'expireWaiting(lane, context); const joined =',
    'const joined =',
  ]),
  mutant('G1: who closes a stay joins a quorum read', INSTANCE, [' || more.some(isFetch)', '']),
  mutant('P4: what a read under a floor found is answered though a quorum holds something older', INSTANCE, [
    'const isChosen = chosen !== undefined && compareBallots(chosen.accepted, highest.accepted) === 0;',
    'const isChosen = chosen !== undefined;',
  ]),
  mutant('D3: passes of an earlier life are forgotten', COLLECTED, [
    'dropped: Math.max(passes.dropped, ...passes.latest.map(({ number }) => number))',
    'dropped: 0',
  ]),
  mutant('D3: that a register was a variable is taken for true for ever', REGISTER, [
    "if (outcome.kind !== 'refused' || kind === 'variable') return false;",
    "if (outcome.kind !== 'refused') return false;",
  ]),
  mutant('D2: an acceptor drops what was accepted above the ballot that it is dropped by', ACCEPTOR, [
    'compareBallots(ballot, accepted) <= 0',
    'false',
  ]),
  mutant('D3: what was left before is replaced', 'src/transport/state-codec.js', [
    'withRemains(decodeState(remains), decodeState(more))',
    'decodeState(more)',
  ]),
  mutant('D3: those after a change of members know nothing of what was collected', CARRYING, [
    'this.remains = [...told.values()].flatMap(({ remains }) => remains ?? []);',
    'this.remains = [];',
  ]),
  mutant('D3: a floor that is refused tells nothing of what was collected', VOTE, [
    'return { slot: merged, floor: merged, reply:',
    'return { slot: floor, floor, reply:',
  ]),
  mutant('D4: the proposer that collects tries a ballot of before', FLOORS, [
    'this.#outbid.set(partition, maxBallot(this.#outbid.get(partition) ?? ZERO_BALLOT, ballot));',
    '',
  ]),
  mutant('D4: the proposer that collects tries a floor of before', FLOORS, [
    'ZERO_BALLOT, ballot)); this.#places.set(partition, WITHOUT);',
    'ZERO_BALLOT, ballot));',
  ]),
  mutant('D4: what is read to be collected is taken for what was remembered of it', INSTANCE, [
    'held !== undefined && compareBallots(held.accepted, vote.accepted) === 0',
    'held !== undefined && (vote.accepted.counter === 0 || compareBallots(held.accepted, vote.accepted) === 0)',
  ]),
  mutant('E1: that the time of a variable is over is told before it is chosen', BATCH, TOLD_ALONE),
  mutant('E1: the time of a variable is never over', COLLECTED, [
    'if (!set || untilMs === undefined || 1000 * nowSeconds < untilMs)',
    'if (true)',
  ]),
  // C5 binds the members after by every promise before, so that no client would ever see this one.
  mutant('C4: a proposer keeps its promises over an epoch', 'src/actors/proposer-actor.js', [
    'this.#remembered.clear(); this.#sightings',
    'this.#sightings',
  ]),
  mutant('C4: a proposer keeps the promises in its ring over an epoch', REGISTER_MEMORY, [
    'this.#ring.clear();',
    '',
  ]),
  mutant('C4: a proposer keeps the promises among its objects over an epoch', REGISTER_MEMORY, [
    'clear() { this.#objects = this.#noObjects();',
    'clear() {',
  ]),
  mutant('A1: slots of two keys with one hash are taken for each other', RING, [
    '=== hash && this.#isOf(record, key)',
    '=== hash',
  ]),
  mutant('A3: the value that an acceptor shows is overwritten before it is sent', SLOT_MEMORY, [
    'this.#copies.copyOf(',
    '(',
  ]),
  mutant('C4: a proposer keeps its floors over an epoch', 'src/actors/proposer-actor.js', [
    'this.#floors = new FloorTable(this.#options.limits.floorUsesMax); this.#remembered',
    'this.#remembered',
  ]),
  mutant('C4: what was to be sent in an epoch is sent in the next one', 'src/actors/proposer-actor.js', [
    'context.effects.broadcast.length = 0;',
    '',
  ]),
  mutant('C2: reads are answered under an epoch that is not durable', ACTOR, [
    '!mayVote || !isSettled || closed === undefined',
    '!mayVote || closed === undefined',
  ]),
  mutant('C2: an acceptor without space answers under an epoch that is not durable', ACTOR, [
    'if (!mayVote || !isSettled) return [];',
    'if (!mayVote) return [];',
  ]),
  {
    ...mutant('C5: the members after are not bound by promises for keys', CARRYING, [
      'maxBallot(highest, maxBallot(holding.promised, holding.accepted))',
      'highest',
    ]),
    where: isSecluding,
  },
  mutant('C5: the members after are not bound by promises for partitions', CARRYING, [
    'highest = maxBallot(highest, floor);',
    '',
  ]),
  mutant('C3: an acceptor tells what it has before its epoch is durable', 'src/node/acceptor/key-teller.js', [
    '!standing.mayVote || !standing.isSettled',
    '!standing.mayVote',
  ]),
  mutant('C5: any answer is taken for a promise', CARRYING, [
    'reply.counter === floor.ballot.counter',
    'true',
  ]),
  mutant('C3: what was gathered in a joint epoch is sent under a later one', 'src/node/scan/commander.js', [
    'const own = { ...configuration(), epoch };',
    'const own = configuration();',
  ]),
  mutant('C3: a key whose copies were refused is not read', 'src/node/scan/carrier.js', [
    'await this.#read(carrying.missing);',
    '',
  ]),
  mutant(
    'G5: nobody but who tells the values is asked for keys that were moved away',
    'src/node/scan/carrier.js',
    ['if (holder === undefined)', 'if (true)'],
  ),
  mutant('C3: a joint epoch ends while partitions are missing', 'src/protocol/membership.js', [
    'if (missing > 0)',
    'if (missing > 1000)',
  ]),
  mutant('C6: a store that was let go is taken back', 'src/protocol/membership.js', [
    'if (former.includes(store))',
    'if (false)',
  ]),
  mutant('C6: nobody remembers who was let go', 'src/protocol/membership.js', [
    'former: [...former, ...gone]',
    'former',
  ]),
  mutant('C5: the floor of a partition is not raised', 'src/node/scan/carrier.js', [
    'if (highest.counter > 0)',
    'if (highest.counter < 0)',
  ]),
  mutant('C2: an acceptor goes back to an earlier epoch', 'src/actors/standing.js', [
    'epoch <= memory.epoch || ',
    '',
  ]),
  mutant(
    'C4: an acceptor that has the name of an earlier one is taken for it',
    'src/actors/proposer-actor.js',
    ['this.#sightings.keep(members);', ''],
  ),
  mutant(
    'C4: an acceptor is taken for an earlier one of its name with another store',
    'src/actors/sightings.js',
    ['members.get(member) === store', 'members.has(member)'],
  ),
  mutant('S3: what an earlier epoch recorded of a name is a doubt in who has it now', MEMORY, [
    'members === undefined || epoch < memory.epoch',
    'members === undefined',
  ]),
  mutant('C7: that a change of members is over is told by those before', 'src/node/proposer/member-desk.js', [
    'if (epoch <= askedIn)',
    'if (true)',
  ]),
  mutant('S5: a key overwrites the row of another', 'src/storage/schema.js', [
    'CASE WHEN key = excluded.key THEN excluded.slot END',
    'excluded.slot',
  ]),
  mutant(
    'S5: that a row is of another key is taken for a failure of the disk',
    'src/storage/sqlite-store.js',
    ['if (!isRefusal(error))', 'if (true)'],
  ),
  mutant('S5: a key with two rows has one of them', 'src/storage/row-scan.js', [
    'found.some(other => other.key === key)',
    'false',
  ]),
  mutant('S5: numbers of rows begin again with each start', 'src/storage/row-scan.js', [
    'last = number;',
    'last = 0;',
  ]),
  mutant('S5: a row that is gone is taken for a key without a slot', 'src/storage/sqlite-store.js', [
    'rows.length === numbers.length',
    'true',
  ]),
  mutant('S5: a row that was removed is looked for', 'src/storage/sqlite-store.js', [
    'this.#rows.removed(key, number);',
    '',
  ]),
  mutant('S5: a row behind the place of one that was removed is not found', 'src/storage/row-index.js', [
    'this.#put(gap,',
    'void (gap,',
  ]),
  mutant('S5: a row that is missing at the start is not missed', 'src/storage/row-scan.js', [
    'count !== written',
    'false',
  ]),
  mutant('S5: rows are counted when they come, and not when they go', 'src/storage/rows.js', [
    'this.#count -= 1;',
    '',
  ]),
  mutant('C3: a list of keys is forgotten while somebody goes through it', 'src/storage/key-lists.js', [
    'users === 0',
    'true',
  ]),
  mutant('S1: rows are not checked at the start', 'src/storage/row-scan.js', [
    'const slot = slotIn(row, storeId);',
    "const slot = key === '#rows' ? slotIn(row, storeId) : undefined;",
  ]),
  mutant('S1: a row of another key is not checked', 'src/storage/sqlite-store.js', [
    'const loaded = slotIn(',
    'const loaded = wanted.has(name) && slotIn(',
  ]),
  mutant('C3: who goes through a partition is not told of what came meanwhile', 'src/storage/key-lists.js', [
    'this.#lists.get(partition)?.add(key);',
    '',
  ]),
  mutant('C3: who goes through a partition is told of what went meanwhile', 'src/storage/key-lists.js', [
    'this.#lists.get(partition)?.remove(key);',
    '',
  ]),
];

export const MUTANTS: readonly Mutant[] = [...SIMULATED_MUTANTS, ...DUTY_MUTANTS];
