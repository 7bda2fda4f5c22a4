import * as v from "valibot";
import { duration, MINUTE, needs, SECOND, text } from "./fields.ts";

/** An address to listen on. */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  hostname: string;
  /** 0: any free port. */
  port: number;
}

/** The form of an address, `HOST:PORT`, an IPv6 host in brackets. */
export const ADDRESS_PATTERN = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):\d{1,5}$/;

/** Reads an address; undefined when the text is not one. */
export function parseAddress(text: string): Address | undefined {
  if (!ADDRESS_PATTERN.test(text)) return undefined;
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  const hostname = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return port > 65_535 ? undefined : { hostname, port };
}

/** Writes an address in the form that {@linkcode parseAddress} reads. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Where commands and the page are served. */
export const DEFAULT_LISTEN = "127.0.0.1:5664";

/** Commands and the page are for this host alone. */
const LISTEN_PATTERN = /^(?:off|127\.0\.0\.1:\d{1,5})$/;

const EXPECTED_LISTEN = `expected "127.0.0.1:PORT" (port 0 is any that is free) or "off"`;
const EXPECTED_ADDRESS = `expected "HOST:PORT", such as "0.0.0.0:9664" or "[::]:9664"`;

const listen = v.pipe(
  v.string(EXPECTED_LISTEN),
  v.description("Where commands and the page are served, on this host alone; off: nowhere"),
  v.regex(LISTEN_PATTERN, EXPECTED_LISTEN),
  v.check((text) => text === "off" || parseAddress(text) !== undefined, EXPECTED_LISTEN),
  v.transform((text) => text === "off" ? undefined : parseAddress(text)),
);

const address = v.pipe(
  v.string(EXPECTED_ADDRESS),
  v.description("The address that scrapers from outside reach"),
  v.regex(ADDRESS_PATTERN, EXPECTED_ADDRESS),
  v.check((text) => parseAddress(text) !== undefined, EXPECTED_ADDRESS),
  v.transform((text) => parseAddress(text)!),
);

const EXPECTED_TEXTFILE = `expected a path that ends in .prom: other files are not read`;

const textfile = v.pipe(
  v.string(EXPECTED_TEXTFILE),
  v.description(
    "The file that the metrics are written to, for the textfile collector of an exporter",
  ),
  v.regex(/.\.prom$/, EXPECTED_TEXTFILE),
);

const EXPECTED_USER = `expected a name without ":", which ends it in what a scraper sends`;

const user = v.optional(
  v.pipe(
    v.string("expected text in double quotes"),
    v.description("The name that a scraper has to give; with passwordFile"),
    v.regex(/^[^:]+$/, EXPECTED_USER),
  ),
);

/** How often the textfile is written. */
const DEFAULT_EVERY = "1m";

const metrics = v.pipe(
  v.strictObject({
    listen: v.optional(address),
    user,
    passwordFile: path("The file whose first line is the user's password, in home or absolute"),
    certFile: path("The file of the certificate, and of those above it, in PEM; with keyFile: TLS"),
    keyFile: path("The file of the certificate's private key in PEM"),
    textfile: v.optional(textfile),
    every: v.optional(
      duration("How often the textfile is written", { min: SECOND, max: 60 * MINUTE }),
      DEFAULT_EVERY,
    ),
  }),
  v.description("Serves /metrics, and nothing else, on an address of its own; or writes a file"),
  v.check(
    ({ listen, textfile }) => (listen ?? textfile) !== undefined,
    'expected "listen" or "textfile" in it',
  ),
  needs([
    ["user", "listen"],
    ["certFile", "listen"],
    ["user", "passwordFile"],
    ["passwordFile", "user"],
    ["certFile", "keyFile"],
    ["keyFile", "certFile"],
  ]),
);

/** The form of the key `control`. */
export const ControlSchema = v.pipe(
  v.strictObject({
    listen: v.optional(listen, DEFAULT_LISTEN),
    metrics: v.optional(metrics),
  }),
  v.description("What the running agent serves to commands, the page and Prometheus"),
);

/** What the agent serves; `listen` is undefined when it is off. */
export type ControlConfig = v.InferOutput<typeof ControlSchema>;

/** The metrics' own address and who may read them. */
export type MetricsConfig = NonNullable<ControlConfig["metrics"]>;

function path(description: string) {
  return v.optional(v.pipe(text(), v.description(description)));
}
