// How often a run met what is worth meeting: a simulator that never gets there proves nothing. Counted from
// outside, by what nodes receive and send.

const NAMES = [
  'accept without prepare',
  'read taken along by a change',
  'asked along with the next change',
  'floor promised',
  'floor refused',
  'accept under a floor outbid',
  'accept under a floor',
  'read that did for a prepare',
  'read answered by a quorum',
  'split read, then identity round',
  'identity round',
  'conflict in prepare',
  'conflict in accept',
  'duelling proposers',
  'attempt found applied',
  'attempt found not applied',
  'retransmission',
  'retransmission after a promise',
  'answered from a final state',
  'answered: done',
  'answered: refused',
  'answered: unknown',
  'answered: no_quorum',
  'answered: storage_full',
  'answered: overloaded',
  'duplicate recognised',
  'passed on',
  'pass taken over',
  'home in doubt',
  'stale pass refused',
  'answered through the router',
  'answer of the home not told',
  'refusal after an open attempt',
  'outcome unknown to the client',
  'outcome unknown, then found chosen',
  'message lost',
  'message duplicated',
  'message late',
  'message cut off',
  'partition',
  'acceptor crash',
  'acceptor down for good',
  'proposer crash',
  'crash lost a commit',
  'crash kept a commit',
  'disk rolled back',
  'disk lost',
  'quarantined at its start',
  'quarantined by what a proposer told',
  'reply of a late or forgetful incarnation',
  'cluster formed',
  'disk full',
  'turn taken back for lack of space',
  'pause',
  'clock jump',
  'slot loaded from disk',
  'register remembered as an object',
  'register remembered as bytes',
  'read answered before the turn',
  'vote left for later',
  'reserve asked to decide',
  'reserve asked for who is late',
  'epoch adopted by a proposer',
  'epoch adopted by an acceptor',
  'members changed',
  'members read in an epoch before theirs',
  'members changed behind the back of one',
  'page carried',
  'copy sent',
  'copy taken in a closed stay',
  'change of members left to another',
  'name of a removed member given to another',
  'request met a closed partition',
  'read met a closed partition',
  'stay begun with what was collected',
  'key brought',
  'key found brought already',
  'nothing to bring of a key',
  'map of groups learnt',
  'partition moved',
  'partition moved back',
  'move left to another',
  'closed for new members',
  'lock taken over',
  'lock released',
  'lease renewed',
  'lease lost',
  'two believed that they hold the lock',
  'old token refused',
  'write with the token accepted',
  'transaction committed',
  'transaction in conflict',
  'transaction of unknown outcome',
  'accounts read at once',
  'teller gone in the midst',
  'committed transaction finished by another',
  'transaction fenced',
  'plain write refused to an account',
  'register of a stay that is over erased',
  'register found collectible',
  'register found collectible where it was moved to',
  'register collected',
  'register created again',
  'collection refused',
  'variable seen to be over',
  'register begun with what is left of others',
  'chosen value',
  'history left undecided',
] as const;

export type CoverageName = (typeof NAMES)[number];

/** What a thousand runs may well do without. */
const DISPENSABLE: ReadonlySet<CoverageName> = new Set([
  'history left undecided',
  'quarantined by what a proposer told',
]);

export class Coverage {
  readonly #counts = new Map<CoverageName, number>(NAMES.map(name => [name, 0]));

  get entries(): readonly (readonly [CoverageName, number])[] {
    return [...this.#counts];
  }

  /** Nothing is proven about what never happened. */
  get neverMet(): readonly CoverageName[] {
    return this.entries
      .filter(([name, times]) => times === 0 && !DISPENSABLE.has(name))
      .map(([name]) => name);
  }

  count(name: CoverageName, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  add(other: Coverage): void {
    for (const [name, times] of other.entries) this.count(name, times);
  }
}
