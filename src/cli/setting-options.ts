// Puts the settings of a role on its command, so that the help says what the configuration takes.

import type { Command } from 'commander';
import type { SettingHelp } from '../node/config/config-settings.ts';
import { flagOf } from '../node/config/config-sources.ts';

type SettingsHelp = Readonly<Record<string, SettingHelp>>;

export function addSettings(command: Command, settings: SettingsHelp): Command {
  return addFlags(command, settings).option(
    '--config <FILE>',
    'a JSON file with any of these, by their names in the examples of config/',
  );
}

export function addFlags(command: Command, settings: SettingsHelp): Command {
  for (const [key, { argument, help }] of Object.entries(settings)) {
    command.option(`${flagOf(key)} <${argument}>`, help);
  }
  return command;
}

export const PRECEDENCE = `
Every setting can be given as a flag, as an environment variable or in the file of --config, and the first of
these wins: --nats-user, SYNOD_NATS_USER, "natsUser".
`;
