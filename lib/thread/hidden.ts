/** What stands in the place of a secret. */
const HIDDEN = "***";

/** A shorter secret would be found everywhere. */
const SHORTEST = 4;

/** Texts that are replaced in what leaves a thread: the secrets that it has read. */
export class HiddenTexts {
  readonly #texts = new Set<string>();

  /** Hides a text from now on, also as it is written in JSON and in an address. */
  add(text: string): void {
    if (text.length < SHORTEST) return;
    for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)]) {
      this.#texts.add(form);
    }
  }

  /** A text without them. */
  hide(text: string): string {
    for (const hidden of this.#texts) text = text.replaceAll(hidden, HIDDEN);
    return text;
  }
}
