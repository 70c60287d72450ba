// Owners of one lock beside the other clients, and what it guards: a number in this process, which takes no token that is
// smaller than one it has seen. Again and again an owner is stopped between its read and its write, until another has the lock
// and has used it. Then it goes on and writes, with the token that is over.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { rotated } from './processes.ts';

export type Asked =
  | { readonly kind: 'connected' }
  | { readonly kind: 'granted'; readonly token: number }
  | { readonly kind: 'read'; readonly token: number }
  | { readonly kind: 'write'; readonly token: number; readonly value: number };

/** `value` is missing when the token was refused. */
export interface Told {
  readonly value?: number;
  readonly isWritten?: boolean;
}

/** What came of it. */
export interface Guarded {
  readonly grants: number;
  readonly writes: number;
  /** Writes of owners that were stopped, with a token that was over. */
  readonly refused: number;
  readonly problems: readonly string[];
}

const OWNERS = 2;
const KEY = 'chaos.lock';
const TTL_MS = 700;
/** Between a pause and the next one. */
const CALM_MS = 300;
/** So many late writes, at least, in so long a run; an outage makes takers wait. */
const REFUSED_MS = 10_000;

export class Owners {
  /** Resolves when all of them are there, or have ended. */
  readonly started: Promise<unknown>;
  readonly #children: readonly ChildProcess[];
  readonly #problems: string[] = [];
  readonly #tokens = new Set<number>();
  readonly #kill = (): void => {
    for (const child of this.#children) child.kill('SIGKILL');
  };
  #highestToken = 0;
  #value = 0;
  #writes = 0;
  #refused = 0;
  #stopped: { readonly child: ChildProcess; readonly token: number } | undefined;
  #calmUntilMs = 0;
  #isOver = false;

  constructor(nats: readonly string[]) {
    const script = join(import.meta.dirname, 'lock-owner.js');
    this.#children = Array.from({ length: OWNERS }, (_, i) =>
      fork(script, [rotated(nats, i).join(','), KEY, String(TTL_MS)]),
    );
    process.once('exit', this.#kill);
    for (const child of this.#children) {
      child.on('message', asked => this.#onAsked(child, asked as Asked));
      child.once('exit', (code, signal) => {
        if (!this.#isOver) this.#problems.push(`an owner of the lock ended: ${code ?? signal}`);
      });
    }
    // The first thing that one says is that it is connected.
    this.started = Promise.all(
      this.#children.map(child => Promise.race([once(child, 'message'), once(child, 'exit')])),
    );
  }

  /** Ends them. @param hasClocks whether clocks of proposers may make takers wait for longer than the run. */
  end(durationMs: number, { hasClocks }: { readonly hasClocks: boolean }): Guarded {
    this.#isOver = true;
    this.#kill();
    process.removeListener('exit', this.#kill);
    const wanted = hasClocks ? 1 : Math.max(1, Math.floor(durationMs / REFUSED_MS));
    const tooFew = `${this.#refused} writes with an old token were refused, where ${wanted} are the least`;
    const problems = this.#refused < wanted ? [...this.#problems, tooFew] : this.#problems;
    return { grants: this.#tokens.size, writes: this.#writes, refused: this.#refused, problems };
  }

  #onAsked(child: ChildProcess, asked: Asked): void {
    if (asked.kind === 'connected') return;
    const { token } = asked;
    if (asked.kind === 'granted') {
      if (this.#tokens.has(token)) this.#problems.push(`token ${token} was granted twice`);
      this.#tokens.add(token);
      return;
    }
    const isAdmitted = token >= this.#highestToken;
    if (asked.kind === 'read') {
      if (isAdmitted) this.#highestToken = token;
      // Stopped before it is answered, so that it finds the answer when it goes on.
      if (isAdmitted && this.#stopped === undefined && performance.now() >= this.#calmUntilMs) {
        child.kill('SIGSTOP');
        this.#stopped = { child, token };
      }
      child.send(isAdmitted ? { value: this.#value } : {});
      return;
    }
    child.send({ isWritten: isAdmitted });
    if (isAdmitted) this.#write(token, asked.value);
    else if (token === this.#stopped?.token) this.#refused += 1;
    if (token === this.#stopped?.token) {
      this.#stopped = undefined;
      this.#calmUntilMs = performance.now() + CALM_MS;
    }
  }

  #write(token: number, value: number): void {
    if (value !== this.#value + 1)
      this.#problems.push(`with token ${token} ${value} was written over ${this.#value}: an update is lost`);
    this.#highestToken = token;
    this.#value = value;
    this.#writes += 1;
    // Another has used the lock: whoever was stopped goes on.
    if (this.#stopped !== undefined && token > this.#stopped.token) this.#stopped.child.kill('SIGCONT');
  }
}
