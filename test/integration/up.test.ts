// What `synod up` says of a cluster some of whose acceptors do not vote: removed, not its own, lost; or of a bad start.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

class Terminal {
  readonly directory = mkdtempSync(join(tmpdir(), 'synod-up-'));
  readonly #children: ChildProcess[] = [];
  #up: ChildProcess | undefined;
  #said = '';

  constructor(t: ExecutionContext) {
    t.teardown(async () => {
      await this.stop();
      for (const child of this.#children) child.kill('SIGKILL');
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** @returns the NATS URL and all that was said until this was. */
  async up(until: RegExp): Promise<{ readonly url: string; readonly said: string }> {
    this.#said = '';
    this.#up = this.synod([
      'up',
      '--data',
      join(this.directory, 'd'),
      '--nats-port',
      '0',
      '--dashboard-port',
      '0',
    ]);
    this.#up.stdout?.on('data', chunk => {
      this.#said += chunk;
    });
    return this.until(until);
  }

  async until(pattern: RegExp): Promise<{ readonly url: string; readonly said: string }> {
    while (!pattern.test(this.#said)) {
      if (this.#up?.exitCode !== null) throw new Error(`it ended: ${this.#said}`);
      await Promise.race([once(this.#up.stdout ?? this.#up, 'data'), once(this.#up, 'exit')]);
    }
    return { url: /nats:\/\/[0-9.:]+/.exec(this.#said)?.[0] ?? '', said: this.#said };
  }

  async stop(): Promise<void> {
    const up = this.#up;
    if (up === undefined || up.exitCode !== null) return;
    up.kill('SIGINT');
    await once(up, 'exit');
  }

  synod(args: readonly string[]): ChildProcess {
    const { NATS_URL: _, ...env } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.push(child);
    return child;
  }

  acceptor(id: string, url: string): ChildProcess {
    return this.synod(['acceptor', '--id', id, '--data', join(this.directory, id), '--nats', url]);
  }
}

test('`up` starts again after `member replace`, and says when members that are not its own make a majority', async t => {
  const terminal = new Terminal(t);
  const first = await terminal.up(/A write, a second/);
  t.regex(first.said, /^Synod is up \([0-9.]+ s\)\. Ctrl-C/m);
  const spare = terminal.acceptor('a4', first.url);
  const replaced = async (from: string, to: string): Promise<number> => {
    for (let tries = 1; ; tries++) {
      const [code] = await once(terminal.synod(['member', 'replace', from, to, '--nats', first.url]), 'exit');
      if (code === 0 || tries === 20) return code;
    }
  };
  t.is(await replaced('a3', 'a4'), 0);
  await terminal.stop();
  spare.kill('SIGKILL');

  const second = await terminal.up(/A write, a second/);
  t.regex(second.said, /^Synod is up .*, but only 2 of 3 acceptors vote\./m);
  t.regex(second.said, /^ {2}acceptor a3 .* does not vote$/m);
  t.regex(second.said, /'a3' is no member any more \(the members are a1, a2, a4\)/);
  t.regex(second.said, /'a4' is a member that `synod up` does not start/);
  await terminal.stop();

  rmSync(join(terminal.directory, 'd', 'a1'), { recursive: true });
  const third = await terminal.up(/synod restore/);
  t.regex(third.said, /^Synod CANNOT SERVE: \d of 3 acceptors votes?, and 2 must\./m);
  t.notRegex(third.said, /Synod is up|A write, a second/);
  t.false(existsSync(join(terminal.directory, 'd', 'cluster.json')));
  terminal.acceptor('a4', third.url);
  await terminal.until(/Synod is up .* 2 of 3 acceptors vote\./);
  t.regex((await terminal.until(/A write, a second/)).said, /'a1' must not vote: /);
  t.true(existsSync(join(terminal.directory, 'd', 'cluster.json')));
});

test('`up` ends at once with the sentence of a change module that has a fault', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-up-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'own.mjs');
  writeFileSync(file, 'export const a = 5');
  const { NATS_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [MAIN, 'up', '--data', join(directory, 'd'), '--nats-port', '0'], {
    env: { ...env, SYNOD_CHANGES: file },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk;
    });
  const [code] = await once(child, 'close');
  t.is(code, 1);
  t.true(said.startsWith(`Cannot load the change 'a' in '${file}': it is a number and no change.`), said);
  t.false(existsSync(join(directory, 'd')));
});
