/**
 * A small HTTP server with limits. It imports nothing of the program that uses it but `lib/base`.
 *
 * @module
 */
export type { Handler, OnError } from "./connection.ts";
export {
  errorResponse,
  type Head,
  HttpError,
  jsonResponse,
  parseHead,
  response,
  SERVER_NAME,
} from "./message.ts";
export { HTTP_LIMITS, type HttpLimits, type HttpOptions, HttpServer } from "./server.ts";
