// Subjects: every name on the wire is made and taken apart here.
// Client subjects are `<prefix>.<kind>.<operation>.<key>`; what proposers and acceptors say to each other is
// under a prefix of its own, so that `<prefix>.>` can be granted to clients as it is.

/** Terms of [A-Za-z0-9_/=-] joined by dots, as in NATS key-value: safe in subjects and for wildcards. */
const KEY_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/=-';
export const KEY_BYTES_MAX = 255;
export const KEY_TERMS_MAX = 16;

/** Why `key` is none, in words to follow "key ", or undefined for a good one. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (key.length > KEY_BYTES_MAX) return `has ${key.length} characters, more than ${KEY_BYTES_MAX}`;
  const terms = termsOf(key);
  if (terms === undefined) return 'must be terms of letters, digits and _ / = - joined by single dots';
  if (terms > KEY_TERMS_MAX) return `has ${terms} terms, more than ${KEY_TERMS_MAX}`;
  return undefined;
}

const DOT = 46;
const IS_OF_A_TERM = Uint8Array.from({ length: 128 }, (_, code) =>
  KEY_CHARACTERS.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** How many terms the key has; undefined when it has an empty one or any other character in it. */
function termsOf(key: string): number | undefined {
  let terms = 1;
  let isTermEmpty = true;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (IS_OF_A_TERM[code] === 1) isTermEmpty = false;
    else if (code === DOT && !isTermEmpty) {
      terms += 1;
      isTermEmpty = true;
    } else return undefined;
  }
  return isTermEmpty ? undefined : terms;
}

/** The parts of a client subject behind the prefix; missing parts are ''. */
export interface RequestSubject {
  readonly kind: string;
  readonly operation: string;
  readonly key: string;
}

export function parseRequestSubject(prefix: string, subject: string): RequestSubject {
  const kindEnd = endOfTerm(subject, prefix.length + 1);
  const operationEnd = endOfTerm(subject, kindEnd + 1);
  return {
    kind: subject.slice(prefix.length + 1, kindEnd),
    operation: subject.slice(kindEnd + 1, operationEnd),
    key: subject.slice(operationEnd + 1),
  };
}

function endOfTerm(subject: string, start: number): number {
  const dot = subject.indexOf('.', start);
  return dot === -1 ? subject.length : dot;
}

export function requestSubject(prefix: string, operation: string, key: string): string {
  return `${prefix}.${operation}.${key}`;
}

/**
 * Where all proposers hear a request, not one of them as on its own subject: for the copy of one that is not answered.
 * What may happen twice needs an id.
 */
export function againSubject(prefix: string, operation: string, key: string): string {
  return `${prefix}.again.${operation}.${key}`;
}

/** Where the request of a copy was sent first; undefined for what is no copy. */
export function subjectBefore(prefix: string, subject: string): string | undefined {
  const again = `${prefix}.again.`;
  return subject.startsWith(again) ? `${prefix}.${subject.slice(again.length)}` : undefined;
}

/** Where keys are listed. */
export function listSubject(prefix: string): string {
  return `${prefix}.admin.list`;
}

/** Where many requests come in one message. */
export function batchSubject(prefix: string): string {
  return `${prefix}.batch`;
}

/** Where hints about changes are published. */
export function eventSubject(prefix: string, key: string): string {
  return `${prefix}.events.${key}`;
}

/** The key that a hint is about, by the subject that it came on. */
export function eventKey(prefix: string, subject: string): string {
  return subject.slice(`${prefix}.events.`.length);
}

export function isEventSubject(prefix: string, subject: string): boolean {
  return subject.startsWith(`${prefix}.events.`);
}

/** The subjects between the proposers and acceptors of one cluster. */
interface InternalSubjects {
  /** Every acceptor of the group listens here: one publish reaches all. */
  readonly acceptors: string;
  acceptor(id: string): string;
  proposer(incarnation: string): string;
  ping(acceptor: string): string;
  /** Where acceptors show a proposer that they take what it sends, followed by who shows it and a number. */
  reach(incarnation: string): string;
  /** Where an acceptor tells what it holds, and nothing else: who may publish here can read, and change nothing. */
  listing(acceptor: string): string;
  /** Acceptors that start ask each other here what they remember. */
  readonly hellos: string;
  /** Nodes tell each other here which epoch they are in. */
  readonly epochs: string;
  /** Acceptors are asked here for the keys that they have, and answer the one who asked. */
  readonly keys: string;
  pages(incarnation: string): string;
  /** Operators ask proposers here, and get their answers there. */
  readonly operators: string;
  operator(inbox: string): string;
  /** The same for what is about several groups. */
  readonly groups: string;
  groupsAt(incarnation: string): string;
  /** Operators ask every node here how it is. */
  readonly status: string;
  /** Every proposer says here that it lives. */
  readonly presence: string;
  /** Where a proposer takes what other proposers have for it. */
  passes(incarnation: string): string;
}

export const INTERNAL_PREFIX = 'synod-internal';

/** @param cluster of a group that is not the first: `cluster/group`. */
export function internalSubjects(cluster: string): InternalSubjects {
  const root = `${INTERNAL_PREFIX}.${cluster.replace('/', '.group.')}`;
  return {
    acceptors: `${root}.acceptors`,
    acceptor: id => `${root}.acceptor.${id}`,
    proposer: incarnation => `${root}.proposer.${incarnation}`,
    ping: acceptor => `${root}.ping.${acceptor}`,
    reach: incarnation => `${root}.reach.${incarnation}`,
    listing: acceptor => `${root}.listing.${acceptor}`,
    hellos: `${root}.hellos`,
    epochs: `${root}.epochs`,
    keys: `${root}.keys`,
    pages: incarnation => `${root}.pages.${incarnation}`,
    operators: `${root}.operators`,
    operator: inbox => `${root}.operator.${inbox}`,
    groups: `${root}.groups`,
    groupsAt: incarnation => `${root}.groups.${incarnation}`,
    status: `${root}.status`,
    presence: `${root}.presence`,
    passes: incarnation => `${root}.passes.${incarnation}`,
  };
}

/** Only there operators are answered: a forged reply subject must not make a node say anything elsewhere. */
export function isOperatorInbox(cluster: string, reply: string): boolean {
  return reply.startsWith(internalSubjects(cluster).operator(''));
}

/** Where nodes answer health checks: one place, so that permissions can name it. */
export const PING_INBOX = '_INBOX.synod-ping';
/** Where a home is asked, by the way of clients, whether it stands in the queue of the service. */
export function standingSubject(incarnation: string): string {
  return `${PING_INBOX}.standing.${incarnation}`;
}
/** Where it says so, followed by the incarnation that asks, its own, and a number. */
export const STANDS_INBOX = `${PING_INBOX}.stands`;
/** Where proposers answer each other the requests of a batch. */
export const BATCH_INBOX = '_INBOX.synod-batch';
/** Where acceptors answer those who compare what they hold. */
export const VERIFY_INBOX = '_INBOX.synod-verify';

/**
 * Whether an answer may be published to the reply subject of a request. NATS does not check a reply subject
 * against the requester's permissions, so a client could make us publish where it may not: into our own
 * internal subjects, the service's, or the server's.
 */
export function isAnswerable(prefix: string, reply: string): boolean {
  const first = reply.slice(0, endOfTerm(reply, 0));
  if (first === prefix || first === INTERNAL_PREFIX || prefix.startsWith(`${first}.`)) return false;
  return !first.startsWith('$') && !/[*> \t]/.test(reply);
}
