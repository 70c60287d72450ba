// What a person gave wrongly at start, all of it at once, each mistake as a sentence that can be acted on.

/** A configuration that cannot be used. `mistakes` has one sentence each; `message` joins them by line. */
export class ConfigError extends Error {
  readonly code = 'bad_config';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}
