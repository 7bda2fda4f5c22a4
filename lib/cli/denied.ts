/** A reason of Deno's, with the system's number: `Permission denied (os error 13)`, in the system's language. */
const REASON = /([^:;(\n]*?)\.? \(os error (\d+)\)(?:: (\w+) '([^'\n]*)')?/g;

/**
 * An error's text, in which a missing right reads the same on each system: without the system's number and language, and
 * with what to do.
 *
 * @param os the system whose numbers these are. Default: this one's.
 */
export function explainDenied(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  const denied = os === "windows" ? ["5"] : ["1", "13"];
  const plain = text.replaceAll(REASON, (whole, reason: string, code, action?, path?) => {
    if (!denied.includes(code)) return whole;
    if (path !== undefined) return `Cannot ${verbOf(action)} ${path}: access is denied`;
    return `${/^\s/.test(reason) ? " " : ""}access is denied`;
  });
  if (plain === text || /administrator/.test(plain)) return plain;
  const todo = os === "windows" ? "open the console as administrator" : "use an account that may";
  return `${plain}; ${todo}`;
}

/** Deno names the function: `readfile`. */
function verbOf(action = "use"): string {
  return action.replace(/^(read|write)(?:file|dir)$/, "$1");
}
