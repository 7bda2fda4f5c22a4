/**
 * What `daemon test` runs. Authors import `author.ts`, as `icinga-warden/testing`.
 *
 * @module
 */
export { runTrial, type TrialReport } from "./trial.ts";
