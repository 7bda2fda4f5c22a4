/** What is written about a run of the agent, in home, so that the next one knows how it ended. */
export interface RunRecord {
  /** The process id. */
  pid: number;
  /** When it was started, UTC ISO 8601. */
  started: string;
  /** When it came to its end, UTC ISO 8601; absent as long as it runs, and when it broke off. */
  ended?: string;
  /** Why it broke off, where it was known. */
  reason?: string;
}

/** Reads a record; undefined when it is none, since a full disk may have kept half of it. */
export function parseRecord(text: string): RunRecord | undefined {
  try {
    const { pid, started, ended, reason } = JSON.parse(text) ?? {};
    if (!Number.isSafeInteger(pid) || typeof started !== "string") return undefined;
    return {
      ...{ pid, started },
      ...(typeof ended === "string" && { ended }),
      ...(typeof reason === "string" && { reason }),
    };
  } catch {
    return undefined;
  }
}

/** In one sentence, how a run ended badly; undefined when it came to its end. */
export function describeBadEnd(record: RunRecord | undefined): string | undefined {
  if (!record) return "The last run ended badly: its record cannot be read";
  const { pid, started, ended, reason } = record;
  if (ended !== undefined && reason === undefined) return undefined;
  const why = reason ?? "it was killed, or the machine went down";
  return `The last run (process ${pid}, started ${started}) ended badly: ${why}`;
}
