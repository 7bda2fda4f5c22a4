/**
 * The agent's log: records to the rotating file in home and, in the foreground, to the console.
 * `open.ts`, which loads LogTape, is apart: only the main thread opens the log, and every thread imports this module.
 *
 * @module
 */
export type { ListenToLog, Log } from "./open.ts";
export * from "./rate.ts";
export * from "./record.ts";
