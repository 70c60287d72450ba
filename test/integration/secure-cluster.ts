// A cluster on config/nats-secure.conf as it is, with fresh keys: real nats-server, real nodes, for tests that
// attack it.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectRaw, type NatsConnection, nkeyAuthenticator } from 'nats';
import { type Child, startChild } from '../../src/node/local/child.ts';
import { answers, claimPort, LOOPBACK } from '../../src/node/local/nats-server.ts';
import { SUPERVISED_VARIABLE } from '../../src/node/local/node-specs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export type User = 'acceptor' | 'proposer' | 'verifier' | 'api' | 'operator' | 'alice' | 'bob';

/** What a node or a client of ours is told, to connect as `user`. */
interface Access {
  readonly servers: string;
  readonly nkeyFile: string;
  readonly tls?: { readonly caFile: string };
}

export interface Attacker {
  readonly connection: NatsConnection;
  /** What the server did not let it do: `publish synod.x`. */
  readonly refused: readonly string[];
}

export class SecureCluster {
  readonly directory = mkdtempSync(join(tmpdir(), 'synod-secure-'));
  readonly #nodes = new Map<string, Child>();
  readonly #attackers: NatsConnection[] = [];
  #server: ChildProcess | undefined;
  #url = '';

  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
    this.#copyConfig('nats-secure.conf');
    this.#makeKeys();
    const port = await claimPort(0, '--port');
    this.#url = `${hasOpenssl ? 'tls' : 'nats'}://localhost:${port}`;
    this.#startServer(port);
    while (!(await answers(LOOPBACK, port))) await sleep(20);
    await Promise.all([
      ...['a1', 'a2', 'a3'].map(id =>
        this.#node('acceptor', id, ['--id', id, '--data', join(this.directory, id)]),
      ),
      this.#node('proposer', 'p1', ['--name', 'p1', '--api-nats-nkey', this.file('api.nk')]),
    ]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#attackers.map(connection => connection.close()));
    for (const child of this.#nodes.values()) child.signal('SIGKILL');
    await Promise.all([...this.#nodes.values()].map(child => child.ended));
    this.#server?.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  file(name: string): string {
    return join(this.directory, 'secure', name);
  }

  access(user: User): Access {
    const nkeyFile = this.file(`${user}.nk`);
    const access = { servers: this.#url, nkeyFile };
    return hasOpenssl ? { ...access, tls: { caFile: this.file('ca.pem') } } : access;
  }

  signal(node: string, signal: NodeJS.Signals): void {
    this.#nodes.get(node)?.signal(signal);
  }

  /** The nodes that have ended. */
  async ended(): Promise<readonly string[]> {
    const running = Symbol();
    const states = [...this.#nodes].map(async ([name, child]) => {
      const how = await Promise.race([child.ended, sleep(0, running)]);
      return how === running ? [] : [`${name} ${String(how)}`];
    });
    return (await Promise.all(states)).flat();
  }

  log(node: string): string {
    return readFileSync(join(this.directory, `${node}.log`), 'utf8');
  }

  /** @returns what the server has against a configuration, '' for nothing. */
  checkConfig(name: string): string {
    this.#copyConfig(name);
    const PATH = `${process.env.PATH}:/usr/sbin`;
    const checked = spawnSync('nats-server', ['-t', '--config', name], {
      cwd: this.directory,
      env: { PATH },
    });
    return checked.status === 0 ? '' : checked.stderr.toString();
  }

  /** @returns the exit code of `synod ping`. */
  ping(role: 'acceptor' | 'proposer', own: readonly string[]): number | null {
    const args = [MAIN, 'ping', role, ...own, ...this.#flags(role)];
    return spawnSync(process.execPath, args, { stdio: 'ignore' }).status;
  }

  /** @returns the exit code of `synod verify` or `synod status`, and what it printed. */
  async look(command: 'verify' | 'status'): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [MAIN, command, '--json', ...this.#flags('verifier')]);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        text += String(chunk);
      });
    const code = await new Promise<number | null>(resolve => child.once('close', resolve));
    return { code, text };
  }

  /** Any program with that user's key and the package of NATS. */
  async attacker(user: User): Promise<Attacker> {
    const { nkeyFile, tls } = this.access(user);
    const connection = await connectRaw({
      servers: [this.#url],
      authenticator: nkeyAuthenticator(new TextEncoder().encode(readFileSync(nkeyFile, 'utf8').trim())),
      ...(tls === undefined ? {} : { tls }),
    });
    this.#attackers.push(connection);
    const refused: string[] = [];
    const listen = async (): Promise<void> => {
      for await (const { permissionContext: context } of connection.status()) {
        if (context !== undefined) refused.push(`${context.operation} ${context.subject}`);
      }
    };
    void listen();
    return { connection, refused };
  }

  /** Without openssl there are no certificates: the rest is tried without TLS. */
  #copyConfig(name: string): void {
    const text = readFileSync(join(ROOT, 'config', name), 'utf8');
    const used = hasOpenssl ? text : text.replace(/^ *tls \{[^}]*\}$/gm, '');
    writeFileSync(join(this.directory, name), used);
  }

  #makeKeys(): void {
    const script = join(ROOT, 'config/secure-keys.sh');
    const env = { ...process.env, SYNOD: `${process.execPath} ${MAIN}` };
    // Ends with 3 where openssl is missing, the nkeys made.
    if (hasOpenssl) execFileSync('sh', [script], { cwd: this.directory, env });
    else spawnSync('sh', [script], { cwd: this.directory, env });
  }

  #startServer(port: number): void {
    const PATH = `${process.env.PATH}:/usr/sbin`;
    const args = ['--config', 'nats-secure.conf', '--addr', LOOPBACK, '--port', String(port)];
    this.#server = spawn('nats-server', args, { cwd: this.directory, env: { PATH }, stdio: 'ignore' });
  }

  async #node(role: 'acceptor' | 'proposer', id: string, own: readonly string[]): Promise<void> {
    const child = startChild({
      name: id,
      command: process.execPath,
      args: [MAIN, role, ...own, ...this.#flags(role)],
      env: { ...process.env, [SUPERVISED_VARIABLE]: '1' },
      logPath: join(this.directory, `${id}.log`),
      readiness: { kind: 'line', line: `ready ${role} ${id}` },
    });
    this.#nodes.set(id, child);
    const ended = child.ended.then(how => {
      throw new Error(`${id} ${how}: ${this.log(id)}`);
    });
    await Promise.race([child.ready, ended]);
    ended.catch(() => undefined);
  }

  #flags(role: 'acceptor' | 'proposer' | 'verifier'): readonly string[] {
    const { servers, nkeyFile, tls } = this.access(role);
    return ['--nats', servers, '--nats-nkey', nkeyFile, ...(tls ? ['--nats-tls-ca', tls.caFile] : [])];
  }
}
