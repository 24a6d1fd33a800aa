import { Argument, Command } from 'commander';

function words(program: Command): { readonly [command: string]: string } {
  const options = (command: Command): string[] =>
    command.options.flatMap((option) => (option.long ? [option.long] : []));
  const result: { [command: string]: string } = {
    '': program.commands.map((command) => command.name()).join(' '),
  };
  for (const command of program.commands) {
    result[command.name()] = [...command.commands.map((nested) => nested.name()), ...options(command)].join(
      ' ',
    );
  }
  return result;
}

function bash(program: Command): string {
  const cases = Object.entries(words(program))
    .filter(([name]) => name !== '')
    .map(([name, list]) => `    ${name}) words="${list}" ;;`)
    .join('\n');
  return `# bash: source <(tidegate completion bash)
_tidegate() {
  local words="${words(program)['']}"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${words(program)['']}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tidegate tidegate
`;
}

function fish(program: Command): string {
  const lines = program.commands.map(
    (command) =>
      `complete -c tidegate -n __fish_use_subcommand -a ${command.name()} -d ${JSON.stringify(command.description())}`,
  );
  for (const command of program.commands) {
    for (const option of command.options) {
      if (!option.long) continue;
      lines.push(
        `complete -c tidegate -n "__fish_seen_subcommand_from ${command.name()}" -l ${option.long.slice(2)} -d ${JSON.stringify(option.description)}`,
      );
    }
  }
  return `# fish: tidegate completion fish | source\n${lines.join('\n')}\n`;
}

/** `tidegate completion bash|zsh|fish`: made from the commands themselves, so it can not go stale. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: string, _options: unknown, command: Command) => {
      const program = command.parent!;
      if (shell === 'fish') process.stdout.write(fish(program));
      else
        process.stdout.write(
          `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${bash(program)}`,
        );
    });
}
