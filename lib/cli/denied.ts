/** A reason of Deno's, with the system's number: `Permission denied (os error 13)`, in the system's language. */
const REASON = /([^:;(\n]*?)\.? \(os error (\d+)\)(?:: (\w+) '([^'\n]*)')?/g;

/**
 * An error's text without the system's numbers. Where a right is missing it says so in the same words on each system,
 * and what to do.
 *
 * @param os the system whose numbers these are. Default: this one's.
 */
export function explainDenied(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  const denied = os === "windows" ? ["5"] : ["1", "13"];
  let isDenied = false;
  const plain = text.replaceAll(
    REASON,
    (_, reason: string, code: string, action?: string, path?: string) => {
      const why = denied.includes(code) ? "access is denied" : reason.trim();
      isDenied ||= denied.includes(code);
      if (path !== undefined) return `Cannot ${verbOf(action)} ${path}: ${why}`;
      return /^\s/.test(reason) ? ` ${why}` : why;
    },
  );
  if (!isDenied || /administrator/.test(plain)) return plain;
  const todo = os === "windows" ? "open the console as administrator" : "use an account that may";
  return `${plain}; ${todo}`;
}

/** Deno names the function: `readfile`. */
function verbOf(action = "use"): string {
  return action.replace(/^(read|write)(?:file|dir)$/, "$1");
}
