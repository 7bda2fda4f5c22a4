import { decodeText } from "../../config/mod.ts";
import { UsageError } from "../command.ts";

const CTRL_C = 3;
const BACKSPACE = [8, 127];
const LINE_ENDS = [10, 13];

/**
 * Asks for a password without showing it, or reads it as the first line of standard input where that is no terminal.
 *
 * @param none what is said when there is none.
 * @throws {UsageError} when there is none, or it is no text. The message holds no part of it.
 */
export async function readPassword(
  prompt: string,
  none = "Flag '--password': no password was given",
): Promise<string> {
  const isTerminal = Deno.stdin.isTerminal();
  if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode(prompt));
  if (isTerminal) Deno.stdin.setRaw(true);
  try {
    const bytes = await readLine(Deno.stdin.readable);
    const password = bytes && readText(bytes);
    if (!password) throw new UsageError(none);
    return password;
  } finally {
    if (isTerminal) Deno.stdin.setRaw(false);
    if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode("\n"));
  }
}

/** The text of a line. @throws {UsageError} when it is none; `decodeText` would name a byte of the secret. */
function readText(bytes: Uint8Array<ArrayBuffer>): string {
  const text = decodeText(bytes);
  if (typeof text === "string" && !text.includes("\0")) return text;
  throw new UsageError(
    "The first line of standard input is no text; expected UTF-8, or UTF-16 with a byte order mark, without NUL",
  );
}

/** The bytes of the first line, its byte order mark included, as edited with Backspace; undefined when it was broken off with Ctrl+C. */
export async function readLine(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const line: number[] = [];
  for await (const chunk of stream) {
    for (const byte of chunk) {
      if (isUtf16(line)) {
        line.push(byte);
        if (endsUtf16(line)) return Uint8Array.from(line.slice(0, -2));
        continue;
      }
      if (byte === CTRL_C) return undefined;
      if (LINE_ENDS.includes(byte)) return Uint8Array.from(line);
      if (BACKSPACE.includes(byte)) eraseCharacter(line);
      else line.push(byte);
    }
  }
  return Uint8Array.from(line);
}

/** By its byte order mark. No terminal sends it: a program or a file does, and nothing in it is a key. */
function isUtf16([first, second]: readonly number[]): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Whether the last two bytes are the end of a line. */
function endsUtf16(line: readonly number[]): boolean {
  const [a, b] = line.slice(-2) as [number, number];
  const [low, high] = line[0] === 0xff ? [a, b] : [b, a];
  return line.length % 2 === 0 && high === 0 && LINE_ENDS.includes(low);
}

/** A character of UTF-8 is a first byte and those of the form 10xxxxxx that follow it. */
function eraseCharacter(line: number[]): void {
  while (line.length > 0 && (line.pop()! & 0xc0) === 0x80);
}
