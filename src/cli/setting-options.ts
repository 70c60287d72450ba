// Puts the settings of a role on its command, so that the help says what the configuration takes.

import { type Command, Option } from 'commander';
import { SHORT_FLAGS } from '../node/config/client-config.ts';
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
  for (const [key, setting] of Object.entries(settings)) addSetting(command, key, setting, 'long');
  return command;
}

/**
 * One setting. Those of how NATS is reached have a long name, as nodes have them (`--nats-user`), and a short one, as the nats
 * command line has them (`--user`): both are taken, and the help shows one.
 */
export function addSetting(
  command: Command,
  key: string,
  { argument, help }: SettingHelp,
  shown: 'long' | 'short',
): void {
  const short = SHORT_FLAGS[key];
  const flags = (names: string): string => `${names} <${argument}>`;
  command.addOption(new Option(flags(flagOf(key)), help).hideHelp(short !== undefined && shown === 'short'));
  if (short === undefined) return;
  const names = key === 'nats' ? `-s, ${short}` : short;
  command.addOption(new Option(flags(names), help).hideHelp(shown === 'long'));
  command.on(`option:${short.slice(2)}`, (value: unknown) => command.setOptionValue(key, value));
}

export const PRECEDENCE = `
Every setting can be given as a flag, as an environment variable or in the file of --config, and the first of
these wins: --nats-user, SYNOD_NATS_USER, "natsUser". --server, --user and so on, as client commands have them, work too.
`;
