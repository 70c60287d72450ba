// Tables and sections of a Markdown document.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The first `texts` columns are text; figures stand to the right. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return column < texts ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

/** Replaces what is between the two marks of a section, or adds the section at the end. */
export function replaceSection(document: string, name: string, content: string): string {
  const { begin, end } = marksOf(name);
  const section = `${begin}\n\n${content.trim()}\n\n${end}`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from === -1 || to === -1) return `${document}${document === '' ? '' : '\n'}${section}\n`;
  return `${document.slice(0, from)}${section}${document.slice(to + end.length)}`;
}

/** Writes a section into a file, which is made when it is not there. */
export function writeSection(path: string, name: string, content: string): void {
  const document = existsSync(path) ? readFileSync(path, 'utf8') : '';
  writeFileSync(path, replaceSection(document, name, content));
}

function marksOf(name: string): { readonly begin: string; readonly end: string } {
  return {
    begin: `<!-- ${name}: written by \`npm run bench:${name}\`, not by hand -->`,
    end: `<!-- end of ${name} -->`,
  };
}
