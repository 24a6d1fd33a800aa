import { Argument, Command, type Option } from 'commander';

/** A command with the words that lead to it: none for the program, `policies test`. */
interface Place {
  readonly path: readonly string[];
  readonly command: Command;
}

/** The program, its commands and theirs, the outer before the inner; also by their other names. */
function placesOf(command: Command, path: readonly string[] = []): readonly Place[] {
  return [
    { path, command },
    ...command.commands.flatMap((nested) =>
      [nested.name(), ...nested.aliases()].flatMap((name) => placesOf(nested, [...path, name])),
    ),
  ];
}

const namesOf = ({ long, short }: Option): readonly string[] => [long, short].flatMap((name) => name ?? []);
const longOptions = (command: Command): readonly string[] =>
  command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
const choicesOf = (command: Command): readonly string[] =>
  command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);

/** What may stand where no option does. */
const wordsOf = (command: Command): readonly string[] => [
  ...command.commands.map((nested) => nested.name()),
  ...choicesOf(command),
];

/** The path as the script builds it up, with what follows it. */
const bashPattern = (path: readonly string[], next = ''): string =>
  JSON.stringify(path.map((name) => `${name} `).join('') + next);

export function bash(program: Command): string {
  const places = placesOf(program);
  const commands = places
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => bashPattern(path.slice(0, -1), path.at(-1)));
  const words = places.map(({ path, command }) => {
    // where a file may stand, options are not in its way
    const options = [...longOptions(command), '--help'].join(' ');
    const isBare = command.registeredArguments.length === 0;
    const all = [...wordsOf(command), ...(isBare ? [options] : [])].join(' ');
    return `    ${bashPattern(path)}) words="${all}"; options="${options}" ;;`;
  });
  const values = places.flatMap(({ path, command }) =>
    command.options
      .filter((option) => !option.isBoolean())
      .map((option) => {
        const patterns = namesOf(option).map((name) => bashPattern(path, name));
        return `    ${patterns.join('|')}) words="${option.argChoices?.join(' ') ?? ''}"; options="" ;;`;
      }),
  );
  return `# bash: source <(tidegate completion bash)
_tidegate() {
  local path="" words="" options="" i
  local word="\${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    [ "\${COMP_WORDS[i - 1]}" = --config ] && continue
    case "$path\${COMP_WORDS[i]}" in
    ${commands.join('|')}) path="$path\${COMP_WORDS[i]} " ;;
    esac
  done
  case "$path" in
${words.join('\n')}
  esac
  case "$path\${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  case "$word" in -*) words="$options" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _tidegate tidegate
`;
}

const fishText = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

export function fish(program: Command): string {
  const lines = placesOf(program).flatMap(({ path, command }) => {
    const nested = command.commands.flatMap((each) => [each.name(), ...each.aliases()]);
    const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const none =
      path.length === 0
        ? '__fish_use_subcommand'
        : `${seen}; and not __fish_seen_subcommand_from ${nested.join(' ')}`;
    const complete = (condition: string, rest: string) =>
      `complete -c tidegate${condition === '' ? '' : ` -n ${fishText(condition)}`} ${rest}`;
    return [
      ...command.commands.map((each) =>
        complete(none, `-a ${each.name()} -d ${fishText(each.description())}`),
      ),
      ...choicesOf(command).map((choice) => complete(seen, `-a ${choice}`)),
      ...command.options
        .filter(({ long, hidden }) => long !== undefined && !hidden)
        .map((option) => {
          const { long, description, argChoices } = option;
          const values =
            argChoices !== undefined
              ? ` -x -a ${fishText(argChoices.join(' '))}`
              : option.isBoolean()
                ? ''
                : ' -r';
          return complete(seen, `-l ${long!.slice(2)}${values} -d ${fishText(description)}`);
        }),
    ];
  });
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
