/** When a thread is started again: whatever its end, only when it failed, or not at all. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** How a thread is supervised. */
export interface ThreadPolicy {
  /** When it is started again. */
  restart: RestartPolicy;
  /** Without a sign of life for so long, ms, it is taken for frozen. */
  frozenAfter: number;
  /** More than so many bytes it may not hold for long. */
  memoryLimit: number;
  /** How long it is left alone after it failed too often in a row, or since threads of it cannot be ended, ms. */
  failedRetry: number;
}
