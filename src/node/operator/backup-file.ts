// The file of a backup: lines of JSON. The first tells what it is, each of the others has a register, and the last one how
// many there are and a digest of all before it, so that a file that was cut off or changed is noticed.

import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import type { RegisterState } from '../../protocol/state.ts';
import { decodeState, encodeState, StateFormatError } from '../../transport/state-codec.ts';

const FORMAT = 1;

const headShape = z.object({
  synodBackup: z.number(),
  /** The cluster that it was taken of. */
  cluster: z.string(),
  /** When it was begun, ISO 8601. */
  begun: z.string(),
});
/** `state` as state-codec writes it, in base64. */
const registerShape = z.object({ key: z.string(), state: z.base64() });
const footShape = z.object({ registers: z.number(), sha256: z.string() });

export type BackupHead = z.infer<typeof headShape>;

export interface Saved {
  readonly key: string;
  readonly state: RegisterState;
}

/** No backup, or not all of it as it was written. */
export class BackupError extends Error {}

export class BackupWriter {
  readonly #hash: Hash = createHash('sha256');
  #registers = 0;

  head(cluster: string, begun: Date): string {
    return this.#line({ synodBackup: FORMAT, cluster, begun: begun.toISOString() });
  }

  register({ key, state }: Saved): string {
    this.#registers += 1;
    return this.#line({ key, state: Buffer.from(encodeState(state)).toString('base64') });
  }

  foot(): string {
    return `${JSON.stringify({ registers: this.#registers, sha256: this.#hash.digest('hex') })}\n`;
  }

  #line(content: object): string {
    const line = `${JSON.stringify(content)}\n`;
    this.#hash.update(line);
    return line;
  }
}

/** To be given every line in turn. */
export class BackupReader {
  readonly #hash: Hash = createHash('sha256');
  #head: BackupHead | undefined;
  #registers = 0;
  #lines = 0;
  #isWhole = false;

  /** @throws BackupError unless a first line was read. */
  get head(): BackupHead {
    if (this.#head === undefined) throw new BackupError('The backup is empty');
    return this.#head;
  }

  /** @returns the register of the line, if it has one. @throws BackupError */
  read(line: string): Saved | undefined {
    this.#lines += 1;
    if (this.#isWhole) throw new BackupError(`Line ${this.#lines} of the backup follows its end`);
    const content = this.#parsed(line);
    if (this.#head === undefined) this.#head = this.#headOf(content);
    else if (isFoot(content)) this.#finish(footShape.parse(content));
    else {
      this.#hash.update(`${line}\n`);
      return this.#registerOf(content);
    }
    this.#hash.update(`${line}\n`);
    return undefined;
  }

  /** After the last line. @throws BackupError when it was not the last one of a backup. */
  end(): void {
    if (!this.#isWhole) {
      throw new BackupError(
        `The backup ends after line ${this.#lines}, without its last line: it was cut off`,
      );
    }
  }

  #parsed(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new BackupError(`Line ${this.#lines} of the backup is no JSON: it was cut off or changed`, {
        cause,
      });
    }
  }

  #headOf(content: unknown): BackupHead {
    const head = headShape.safeParse(content);
    if (!head.success) throw new BackupError('The first line is not that of a backup of `synod backup`');
    if (head.data.synodBackup !== FORMAT) {
      throw new BackupError(
        `The backup has format ${head.data.synodBackup}, this program reads ${FORMAT}: use the program that wrote it, or a newer one`,
      );
    }
    return head.data;
  }

  #registerOf(content: unknown): Saved {
    const register = registerShape.safeParse(content);
    if (!register.success) throw new BackupError(`Line ${this.#lines} of the backup has no register`);
    const { key, state } = register.data;
    this.#registers += 1;
    try {
      return { key, state: decodeState(Buffer.from(state, 'base64')) };
    } catch (cause) {
      if (!(cause instanceof StateFormatError)) throw cause;
      throw new BackupError(`Line ${this.#lines} of the backup: ${cause.message}`, { cause });
    }
  }

  #finish({ registers, sha256 }: z.infer<typeof footShape>): void {
    if (registers !== this.#registers || sha256 !== this.#hash.copy().digest('hex'))
      throw new BackupError('The backup is not as it was written: its digest is another');
    this.#isWhole = true;
  }
}

function isFoot(content: unknown): boolean {
  return footShape.safeParse(content).success;
}
