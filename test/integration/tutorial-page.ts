// docs/tutorial.md as a script: what is typed into which terminal, and what comes.

export type Step =
  /** In the first terminal, where it stays; what runs there is stopped before. */
  | { readonly kind: 'up'; readonly command: string }
  /** In the other one. */
  | { readonly kind: 'command'; readonly command: string; readonly expected: string };

/** Blocks `console` are commands behind `$`, continued behind `>`, with their output; of blocks `sh` only `synod up` is run. */
export function stepsOf(page: string): readonly Step[] {
  const blocks = [...page.matchAll(/^```(console|sh)\n(.*?)^```$/gms)];
  return blocks.flatMap(([, language, text = '']): readonly Step[] => {
    if (language === 'console') return commandsOf(text);
    return text.includes('synod up') ? [{ kind: 'up', command: text.trimEnd() }] : [];
  });
}

function commandsOf(text: string): readonly Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(part => {
      const [first = '', ...lines] = part.trimEnd().split('\n');
      const isOutput = (line: string): boolean => !line.startsWith('> ');
      const end = lines.findIndex(isOutput);
      const more = (end === -1 ? lines : lines.slice(0, end)).map(line => line.slice(2));
      const expected = end === -1 ? [] : lines.slice(end);
      return { kind: 'command', command: [first, ...more].join('\n'), expected: expected.join('\n') };
    });
}

/** `…` alone in a line stands for any lines or none, in a line for anything in it. */
export function isAsExpected(actual: string, expected: string): boolean {
  const pattern = expected
    .split('\n')
    .map(line => (line === '…' ? '(?:.*\n)*' : `${line.split('…').map(escaped).join('.*')}\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${actual}\n`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
