import { type Action, type Command, commandWithActions, COMMON_FLAGS } from "../command.ts";

/** What can be typed after a command, or before one: words, and flags with their dashes. */
interface Typed {
  words: string[];
  flags: string[];
  /** Words that follow one of `words`; none: nothing does. */
  more: readonly string[];
}

/** `icinga-warden completion`; `commands` gives all commands of the program. */
export function completionCommand(commands: () => Promise<readonly Command[]>): Command {
  const action = (
    shell: string,
    summary: string,
    script: (typed: Map<string, Typed>) => string,
  ): Action => ({
    words: "",
    summary,
    async run() {
      const text = script(await typedAfter(await commands()));
      return { json: { shell, script: text }, text };
    },
  });
  return commandWithActions("completion", "print what completes command lines in a shell", {
    powershell: action(
      "powershell",
      "in $PROFILE, with the path of the exe: & 'C:\\Program Files\\icinga-warden\\icinga-warden.exe' completion powershell | Out-String | Invoke-Expression",
      powershellScript,
    ),
    bash: action("bash", 'in ~/.bashrc: eval "$(icinga-warden completion bash)"', bashScript),
  });
}

/** By command; under an empty name what begins a command line. */
async function typedAfter(commands: readonly Command[]): Promise<Map<string, Typed>> {
  const common = Object.keys(COMMON_FLAGS).map((name) => `--${name}`);
  const typed = async (
    { name, words, flags = {}, moreWords }: Command,
  ): Promise<[string, Typed]> => [
    name,
    {
      words: words.split(/[|\s]/).filter((word) => /^[a-z][a-z-]*$/.test(word)),
      flags: [...Object.keys(flags).map((name) => `--${name}`), ...common],
      more: await moreWords?.() ?? [],
    },
  ];
  const own = await Promise.all(commands.map(typed));
  const names = commands.map(({ name }) => name);
  return new Map([["", { words: names, flags: ["--foreground", ...common], more: [] }], ...own]);
}

function bashScript(typed: Map<string, Typed>): string {
  const cases = [...typed].map(([name, { words, flags, more }]) => {
    const lists = Object.entries({ words, flags, more });
    const set = lists.map(([variable, list]) => `${variable}="${list.join(" ")}"`);
    return `    "${name}") ${set.join(" ")} ;;`;
  });
  const names = [...typed.keys()].filter((name) => name !== "").join(" | ");
  return `_icinga_warden() {
  local word=\${COMP_WORDS[COMP_CWORD]} command="" each words="" flags="" more=""
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $each in
    ${names}) command=$each && break ;;
    esac
  done
  case $command in
${cases.join("\n")}
  esac
  [[ $more && \${COMP_WORDS[COMP_CWORD - 1]} != "$command" ]] && words=$more
  [[ $word == -* ]] && words=$flags
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [[ \${COMPREPLY-} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _icinga_warden icinga-warden icinga-warden.exe`;
}

function powershellScript(typed: Map<string, Typed>): string {
  const entries = [...typed].flatMap(([name, { words, flags, more }]) => {
    const entry = (key: string, words: readonly string[]) =>
      `    '${key}' = '${[...words, ...flags].join(" ")}'`;
    return more.length > 0 ? [entry(name, words), entry(`${name} +`, more)] : entry(name, words);
  });
  return `Register-ArgumentCompleter -Native -CommandName icinga-warden, icinga-warden.exe -ScriptBlock {
  param($word, $ast, $position)
  $typed = @{
${entries.join("\n")}
  }
  $before = $ast.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" }
  $command = $before | Where-Object { $typed.ContainsKey($_) } | Select-Object -First 1
  $later = "$command +"
  if ($typed.ContainsKey($later) -and @($before)[-1] -ne $command) { $command = $later }
  $typed["$command"] -split ' ' | Where-Object { $_ -like "$word*" -and ($word -or $_ -notlike '-*') } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}`;
}
