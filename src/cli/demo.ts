// `synod demo`: the guided tour. Not registered in main.ts yet.

import { Command } from 'commander';

export function demoCommand(): Command {
  return new Command('demo').description('a guided tour on a real cluster, in under a minute');
}
