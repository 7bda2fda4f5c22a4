/** What tests of commands catch. */

/** Does something, and returns its exit code and what it has printed; `onPrint` is told that after each time. */
export async function printed<T>(
  act: () => T | Promise<T>,
  onPrint: (output: string, errors: string) => void = () => {},
): Promise<{ code: T; output: string; errors: string }> {
  const texts = { stdout: "", stderr: "" };
  const write = (name: "stdout" | "stderr") => (bytes: Uint8Array) => {
    texts[name] += new TextDecoder().decode(bytes);
    onPrint(texts.stdout, texts.stderr);
    return bytes.length;
  };
  const restore = [
    replaced(Deno.stdout, "writeSync", write("stdout")),
    replaced(Deno.stderr, "writeSync", write("stderr")),
  ];
  try {
    const code = await act();
    return { code, output: texts.stdout.trimEnd(), errors: texts.stderr.trimEnd() };
  } finally {
    restore.forEach((restore) => restore());
  }
}

/** Puts a value in the place of another, and returns what puts that back. */
export function replaced<T extends object, K extends keyof T>(
  of: T,
  name: K,
  value: T[K],
): () => void {
  const before = of[name];
  of[name] = value;
  return () => void (of[name] = before);
}
