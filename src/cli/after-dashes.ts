// What stands before a command of somebody else's: `synod lock KEY -- COMMAND`.

import { badRequest } from './values.ts';

/**
 * Refuses a line whose -- comes too early, so that the command's first words would be taken for what is missing before it.
 * @param command its words as they were understood
 * @param missing what is then not there
 * @throws BadRequestError
 */
export function checkAfterDashes(command: readonly string[], missing: string): void {
  const given = wordsAfterDashes(process.argv);
  if (given === undefined || given.length <= command.length) return;
  throw badRequest(`${missing} is missing before -- ${given.join(' ')}`);
}

/** The words behind the first --; undefined without one. */
function wordsAfterDashes(argv: readonly string[]): readonly string[] | undefined {
  const at = argv.indexOf('--');
  return at === -1 ? undefined : argv.slice(at + 1);
}
