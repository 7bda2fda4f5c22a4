/**
 * A small HTTP server with limits. It imports nothing of the program that uses it but `lib/base`.
 *
 * @module
 */
export { type Head, HttpError, jsonResponse, parseHead, response, SERVER_NAME } from "./message.ts";
export { HTTP_LIMITS, type HttpLimits, type HttpOptions, HttpServer } from "./server.ts";
