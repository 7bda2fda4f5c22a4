import process from "node:process";
import readline from "node:readline";
import type { Completion } from "./complete.ts";

const PROMPT = "icinga-warden> ";

/** How many lines are remembered. */
const HISTORY = 500;

/** How a prompt works. */
export interface PromptOptions {
  /** Completes the last word of a line. */
  complete: (line: string) => Promise<Completion>;
  /** Called at Ctrl+C; returns whether that has ended something. */
  interrupt: () => boolean;
}

/** A prompt with history and completion; without a terminal it only reads lines. */
export class Prompt {
  readonly #isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  readonly #readline: readline.Interface;
  readonly #lines: string[] = [];
  #isAsking = false;
  #isClosed = false;
  #wake = () => {};

  /** Standard input is read from now on, until {@linkcode Prompt.close}. */
  constructor({ complete, interrupt }: PromptOptions) {
    this.#readline = readline.createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: this.#isTerminal,
      prompt: PROMPT,
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: Completion) => void) => {
        complete(line).then((result) => done(null, result), () => done(null, [[], line]));
      },
    });
    this.#readline.on("line", (line: string) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#readline.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#readline.on("SIGINT", () => {
      if (interrupt()) return;
      this.above("Ctrl+D or 'exit' leaves");
    });
  }

  /** Whether a line, or the end of input, can be read at once. */
  get isPending(): boolean {
    return this.#lines.length > 0 || this.#isClosed;
  }

  /** The next line; undefined at the end. */
  async ask(): Promise<string | undefined> {
    if (this.#isTerminal && !this.isPending) this.#readline.prompt();
    this.#isAsking = true;
    await this.pending();
    this.#isAsking = false;
    return this.#lines.shift();
  }

  /** Resolves when a line, or the end of input, can be read. */
  async pending(): Promise<void> {
    while (!this.isPending) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Prints above the prompt and what is being typed there. */
  above(text: string): void {
    const redraw = this.#isTerminal && this.#isAsking;
    if (redraw) process.stdout.write("\r\x1b[J");
    process.stdout.write(`${text}\n`);
    if (redraw) this.#readline.prompt(true);
  }

  /** Stops reading standard input. */
  close(): void {
    this.#readline.close();
    process.stdin.unref?.();
  }
}
