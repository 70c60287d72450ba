// Where the results go: DIR/performance.json, a section of DIR/performance.md, and plots beside them.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSection } from './markdown.ts';

export interface Results {
  /** Of the command, `bench:NAME`. */
  readonly name: string;
  readonly json: object;
  readonly section: string;
  /** SVG by the name of the file. */
  readonly plots: ReadonlyMap<string, string>;
}

/** The results of other commands in the same files stay. */
export function writeResults(directory: string, { name, json, section, plots }: Results): void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'performance.json');
  const others: object = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  writeFileSync(path, `${JSON.stringify({ ...others, [name]: json }, null, 2)}\n`);
  writeSection(join(directory, 'performance.md'), name, section);
  for (const [file, svg] of plots) writeFileSync(join(directory, file), svg);
}
