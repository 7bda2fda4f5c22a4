/** What Deno advises where a permission is missing: flags of commands that nobody runs here. */
const ADVICE =
  /, (?:specify the required permissions during compilation using `deno compile [\w -]+`|run again with the --[\w-]+ flag)/g;

/** A text in which Deno's advice on a missing permission has become what can be done about it here. */
export function explainRefusal(text: string): string {
  return text.replaceAll(
    ADVICE,
    "; let the module declare it and the configuration grant it (permissions)",
  );
}
