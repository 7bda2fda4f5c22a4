/** A request that is refused: the answer has this status and says why in one line. */
export class Refusal extends Error {
  override name = "Refusal";

  /**
   * @param status an HTTP status, 400 or above.
   * @param message why, in one line, for whoever asked.
   */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}
