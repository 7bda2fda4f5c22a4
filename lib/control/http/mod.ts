/**
 * A small HTTP server that nobody can keep busy. It knows nothing of the program that uses it.
 *
 * @module
 */
export { answer, answerJson, refuse } from "./answer.ts";
export type { Handler, Refuse } from "./exchange.ts";
export { type Head, parseHead } from "./head.ts";
export { HTTP_LIMITS, type HttpLimits } from "./limits.ts";
export { Refusal } from "./refusal.ts";
export { type HttpOptions, HttpServer } from "./server.ts";
