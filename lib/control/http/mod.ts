/**
 * A small HTTP server with limits. It imports nothing of the program that uses it but `lib/base`.
 *
 * @module
 */
export { HttpError, jsonResponse, parseHead, response, SERVER_NAME } from "./message.ts";
export { type HttpLimits, HttpServer } from "./server.ts";
