import { type Command, COMMON_FLAGS, UsageError } from "../command.ts";
import { suggest } from "../../base/mod.ts";

/** What can be typed after a command, or before one: words, and flags with their dashes. */
interface Typed {
  words: string[];
  flags: string[];
}

/** `icinga-warden completion`; `commands` gives all commands of the program. */
export function completionCommand(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: "completion",
    words: "powershell|bash",
    checksWords: true,
    summary: "print what completes command lines in a shell",
    details: [
      "PowerShell, in $PROFILE:  icinga-warden completion powershell | Out-String | Invoke-Expression",
      'bash, in ~/.bashrc:       eval "$(icinga-warden completion bash)"',
    ],
    async run({ words: [shell, ...rest] }) {
      const shells = Object.keys(SCRIPTS);
      if (shell === undefined) {
        throw new UsageError(`'completion' needs one of ${shells.join(", ")}`);
      }
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (!script) throw new UsageError(`Unknown shell '${shell}'; ${suggest(shell, shells)}`);
      if (rest.length > 0) throw new UsageError(`Unexpected '${rest[0]}'`);
      const text = script(typedAfter(await commands()));
      return { json: { shell, script: text }, text };
    },
  };
}

/** By command; under an empty name what begins a command line. */
function typedAfter(commands: readonly Command[]): Map<string, Typed> {
  const common = Object.keys(COMMON_FLAGS).map((name) => `--${name}`);
  const own = commands.map(({ name, words, flags = {} }): [string, Typed] => [name, {
    words: words.split(/[|\s]/).filter((word) => /^[a-z][a-z-]*$/.test(word)),
    flags: [...Object.keys(flags).map((name) => `--${name}`), ...common],
  }]);
  const names = commands.map(({ name }) => name);
  return new Map([["", { words: names, flags: ["--foreground", ...common] }], ...own]);
}

/** The scripts by shell, made of what can be typed. */
const SCRIPTS: Readonly<Record<string, (typed: Map<string, Typed>) => string>> = {
  powershell: powershellScript,
  bash: bashScript,
};

function bashScript(typed: Map<string, Typed>): string {
  const cases = [...typed].map(([name, { words, flags }]) =>
    `    "${name}") words="${words.join(" ")}" flags="${flags.join(" ")}" ;;`
  );
  const names = [...typed.keys()].filter((name) => name !== "").join(" | ");
  return `_icinga_warden() {
  local word=\${COMP_WORDS[COMP_CWORD]} command="" each words="" flags=""
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $each in
    ${names}) command=$each && break ;;
    esac
  done
  case $command in
${cases.join("\n")}
  esac
  [[ $word == -* ]] && words=$flags
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _icinga_warden icinga-warden icinga-warden.exe`;
}

function powershellScript(typed: Map<string, Typed>): string {
  const entries = [...typed].map(([name, { words, flags }]) =>
    `    '${name}' = '${[...words, ...flags].join(" ")}'`
  );
  return `Register-ArgumentCompleter -Native -CommandName icinga-warden, icinga-warden.exe -ScriptBlock {
  param($word, $ast, $position)
  $typed = @{
${entries.join("\n")}
  }
  $before = $ast.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" }
  $command = $before | Where-Object { $typed.ContainsKey($_) } | Select-Object -First 1
  $typed["$command"] -split ' ' | Where-Object { $_ -like "$word*" -and ($word -or $_ -notlike '-*') } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}`;
}
