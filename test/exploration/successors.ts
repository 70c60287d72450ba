// What may happen next. The network is a set of sent messages that only grows: each may be delivered at any
// time, in any order, any number of times or never, so that loss, delay, duplication and reordering are all
// in it. Left out is only what changes nothing: see isUseful() and isAlive().

import { compareBallots } from '../../src/protocol/ballot.ts';
import { FIRST_EPOCH } from '../../src/protocol/quorum.ts';
import { stayOf } from '../../src/protocol/stays.ts';
import { configurationIn } from './epochs.ts';
import { at } from './interning.ts';
import { memberSteps, withOperator, withSlot } from './member-steps.ts';
import { moveSteps } from './move-steps.ts';
import { OPERATOR } from './operator.ts';
import { type Sent, tokensOf } from './proposer.ts';
import { withAnswer, withCall } from './recording.ts';
import { instanceFor } from './routed.ts';
import type { StepIds, Tables } from './tables.ts';
import { registerOf } from './vote.ts';
import type { World } from './world.ts';

export type Visit = (world: World, describe: () => string) => void;

export function successors(tables: Tables, world: World, visit: Visit): void {
  if (tables.scope.collects === true) collect(tables, world, visit);
  for (const sent of tables.sets.value(world.sent)) {
    world.slots.forEach((_, acceptor) => {
      deliver(tables, world, { acceptor, sent }, visit);
    });
  }
  world.proposers.forEach((_, proposer) => {
    for (const event of tables.sets.value(at(world.replies, proposer))) {
      happen(tables, world, { proposer, event }, visit);
    }
    for (const event of tables.ownEvents) happen(tables, world, { proposer, event }, visit);
    const decided = tables.operator?.decided(world.operator) ?? FIRST_EPOCH;
    for (const [epoch, event] of tables.epochEvents)
      if (epoch <= decided) happen(tables, world, { proposer, event }, visit);
  });
  if (tables.operator !== undefined) memberSteps(tables, tables.operator, { world, visit });
  if (tables.mover !== undefined)
    moveSteps(tables, tables.mover, { world, visit }, (...what) => happen(tables, ...what));
}

/** Somebody has heard of every acceptor that it had the delete, at some time, and has it collected (D1). */
function collect(tables: Tables, world: World, visit: Visit): void {
  for (const id of tables.sets.value(world.sent)) {
    const collected = tables.collectOf(id);
    if (collected === undefined || tables.sets.value(world.sent).includes(collected)) continue;
    const had = (holding: number): boolean => tables.holdings.value(holding).accept === id;
    const holders = world.accepted.filter(set => tables.sets.value(set).some(had)).length;
    const record = tables.sent.value(collected);
    if (holders < tables.collectedFrom || !isAlive(tables, world, record)) continue;
    const next = { ...world, sent: tables.with(world.sent, collected) };
    visit(cleared(tables, next), () => `${describeSent(record)} is sent`);
  }
}

/** A command reaches an acceptor. */
function deliver(
  tables: Tables,
  world: World,
  { acceptor, sent }: { readonly acceptor: number; readonly sent: number },
  visit: Visit,
): void {
  const record = tables.sent.value(sent);
  const slot = at(world.slots, acceptor);
  if (!isMemberIn(tables, acceptor, record.epoch)) return;
  const after = tables.vote(slot, sent);
  if (after === undefined) return;
  const reply = at(after.events, acceptor);
  const heard = heardOf(tables, world, record, reply);
  if (after.slot === slot && heard === world) return;
  const next = withSlot(tables, heard, { acceptor, slot: after.slot, epoch: record.epoch });
  visit(cleared(tables, next), () => {
    const { kind } = tables.events.value(reply);
    return `${at(tables.acceptors, acceptor)} gets ${describeSent(record)}: ${kind} ${describeReply(tables, reply)}`;
  });
}

/** What becomes of a reply: it is under way to a proposer, or it has come to the operator already. */
function heardOf(tables: Tables, world: World, record: Sent, reply: number): World {
  if (record.proposer === OPERATOR) {
    const step = tables.operator?.heard(world.operator, reply);
    return step === undefined || step.state === world.operator ? world : withOperator(tables, world, step);
  }
  const replies = at(world.replies, record.proposer);
  const after = isUseful(tables, world, record, reply) ? tables.with(replies, reply) : replies;
  return after === replies ? world : { ...world, replies: world.replies.with(record.proposer, after) };
}

/** A reply or something of its own happens to a proposer. */
function happen(
  tables: Tables,
  world: World,
  { proposer, event }: { readonly proposer: number; readonly event: number },
  visit: Visit,
): void {
  const before = at(world.proposers, proposer);
  const step = tables.step(proposer, before, event);
  if (step === undefined || isIdle(step, before)) return;
  const kind = tables.events.value(event).kind;
  const { moved } = step;
  const heard = moved === undefined ? world : (tables.mover?.heard(world, proposer, moved) ?? world);
  const next = {
    ...heard,
    proposers: world.proposers.with(proposer, step.state),
    sent: step.sent.reduce((set, sent) => tables.with(set, sent), world.sent),
    recording: recorded(tables, world, { proposer, before, kind, step }),
  };
  const replies = tables.sets.value(at(world.replies, proposer));
  const awaited = replies.filter(reply => kind !== 'crash' && isAwaited(tables, proposer, step.state, reply));
  const cleaned = { ...next, replies: world.replies.with(proposer, tables.sets.id(awaited)) };
  visit(cleared(tables, cleaned), () => {
    const sent = step.sent.map(id => describeSent(tables.sent.value(id))).join(', ');
    const answers = step.answers.map(({ token, answer }) => `${token} is answered ${JSON.stringify(answer)}`);
    const what = kind === 'reply' ? describeReply(tables, event) : kind;
    const of = tables.events.value(event);
    const named = of.kind === 'epoch' ? `${what} ${of.epoch}` : 'map' in of ? `${what} ${of.map}` : what;
    return `p${proposer + 1} ${named}; sends ${sent || 'nothing'}; ${answers.join(', ')}`;
  });
}

function recorded(
  tables: Tables,
  world: World,
  what: { readonly proposer: number; readonly before: number; readonly kind: string; readonly step: StepIds },
): number {
  const { proposer, before, kind, step } = what;
  if (kind !== 'begin' && step.answers.length === 0) return world.recording;
  let recording = tables.recordings.value(world.recording);
  if (kind === 'begin') {
    const { begun } = at(tables.states, proposer).value(before);
    for (const token of tokensOf(at(tables.proposers, proposer).script, begun)) {
      recording = withCall(recording, proposer, token);
    }
  }
  for (const { token, answer } of step.answers) recording = withAnswer(recording, proposer, token, answer);
  return tables.recordings.id(recording);
}

/**
 * A reply is kept while it would change its proposer. One that would not now will not later: it belongs to
 * the round at hand, whose votes only grow, or to an earlier one (P3, checked by tables.ts for every state).
 */
function isUseful(tables: Tables, world: World, { proposer, incarnation }: Sent, reply: number): boolean {
  const state = at(world.proposers, proposer);
  return tables.isRunning(proposer, state, incarnation) && isAwaited(tables, proposer, state, reply);
}

function isAwaited(tables: Tables, proposer: number, state: number, event: number): boolean {
  if (!tables.reduced) return true;
  const step = tables.step(proposer, state, event);
  return step === undefined || !isIdle(step, state);
}

function isIdle({ state, answers, moved }: StepIds, before: number): boolean {
  return state === before && answers.length === 0 && moved === undefined;
}

/** The world without the commands that can do nothing any more. */
function cleared(tables: Tables, world: World): World {
  if (!tables.reduced) return world;
  const sent = tables.sets.value(world.sent);
  const alive = sent.filter(id => isAlive(tables, world, tables.sent.value(id)));
  return alive.length === sent.length ? world : { ...world, sent: tables.sets.id(alive) };
}

function isAlive(tables: Tables, world: World, { proposer, epoch, command }: Sent): boolean {
  if (command.kind === 'accept' || command.kind === 'copy') return true;
  const isAnswered = world.slots.some((slot, acceptor) => {
    const answers = tables.rules.adopts(tables.slots.value(slot).epoch, epoch) !== undefined;
    return answers && isMemberIn(tables, acceptor, epoch);
  });
  if (!isAnswered) return false;
  if (proposer === OPERATOR) return true;
  if (command.kind === 'collect') {
    const has = (slot: number): boolean =>
      compareBallots(tables.slots.value(slot).accepted, command.accepted) === 0;
    return world.slots.some(has);
  }
  const state = at(tables.states, proposer).value(at(world.proposers, proposer));
  if (command.kind === 'floor') {
    const isAsked =
      state.floor.phase === 'asking' && compareBallots(state.floor.ballot, command.ballot) === 0;
    return (
      isAsked || world.slots.some(slot => compareBallots(command.ballot, tables.slots.value(slot).floor) > 0)
    );
  }
  const { work } = state.routed === undefined ? state.instance : instanceFor(state.routed, command.key);
  if (command.kind === 'fetch') {
    const isClosing = world.slots.some((slot, acceptor) => {
      return isMemberIn(tables, acceptor, epoch) && !isClosedAt(tables, slot, command.key);
    });
    if (isClosing) return true;
  }
  if (command.kind === 'read') return work.phase === 'reading' && work.serial === command.serial;
  if (command.kind === 'fetch' || command.kind === 'begin')
    return work.phase === 'fetching' && work.serial === command.serial;
  const { ballot } = command;
  if (work.phase === 'preparing' && compareBallots(work.round.ballot, ballot) === 0) return true;
  return world.slots.some((slot, acceptor) => {
    if (!isMemberIn(tables, acceptor, epoch)) return false;
    const { promised } = registerOf(tables.rules, tables.slots.value(slot), command.key);
    return !isClosedAt(tables, slot, command.key) && compareBallots(ballot, promised) > 0;
  });
}

function isClosedAt(tables: Tables, slot: number, name: string): boolean {
  return (stayOf(name) ?? 0) <= (tables.slots.value(slot).closedTo ?? -1);
}

function isMemberIn(tables: Tables, acceptor: number, epoch: number): boolean {
  return configurationIn(tables.epochs, epoch).acceptors.includes(at(tables.acceptors, acceptor));
}

function describeSent({ incarnation, command }: Sent): string {
  if ('serial' in command) return `${command.kind} ${command.serial} of ${incarnation}`;
  const { counter } = command.kind === 'copy' ? command.accepted : command.ballot;
  return `${command.kind} ${counter} of ${incarnation}`;
}

function describeReply(tables: Tables, event: number): string {
  const what = tables.events.value(event);
  if (what.kind !== 'reply') return what.kind;
  const { reply } = what;
  if (reply.kind === 'closed') return `closed to ${reply.stay} at ${what.acceptor}`;
  const number =
    reply.kind === 'copied' ? reply.accepted.counter : 'serial' in reply ? reply.serial : reply.counter;
  const text = `${reply.kind} of ${what.acceptor} for ${number}`;
  if (!('seen' in reply || 'accepted' in reply)) return text;
  const ballot = reply.kind === 'conflict' ? reply.seen : reply.accepted;
  return `${text} (${ballot.counter} of '${ballot.proposer}')`;
}
