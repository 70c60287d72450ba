// `synod completion`: what a shell needs to complete commands and their options, made from the commands themselves.

import { Argument, Command } from 'commander';

const EXAMPLES = `
Examples:
  source <(synod completion bash)                               # in ~/.bashrc
  synod completion bash > /etc/bash_completion.d/synod
  source <(synod completion zsh)                                # in ~/.zshrc, after compinit`;

export function completionCommand(): Command {
  const command = new Command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<SHELL>').choices(['bash', 'zsh']))
    .addHelpText('after', EXAMPLES);
  return command.action((shell: string) => {
    const { parent } = command;
    if (parent !== null) process.stdout.write(completionScript(parent, shell));
  });
}

/** zsh runs what is made for bash. */
export function completionScript(program: Command, shell: string): string {
  const cases = program.commands.map(
    command => `    ${command.name()}) words='${wordsAfter(command).join(' ')}' ;;`,
  );
  const start = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${start}_synod() {
  local current=\${COMP_WORDS[COMP_CWORD]} words='${wordsAfter(program).join(' ')}'
  if [ "$COMP_CWORD" -gt 1 ]; then
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    *) words='' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _synod synod
`;
}

/** The commands under it, and its options by their long names. */
function wordsAfter(command: Command): readonly string[] {
  const options = command.createHelp().visibleOptions(command);
  const longs = options.flatMap(({ long }) => (long ? [long] : []));
  return [...command.commands.map(each => each.name()), ...longs];
}
