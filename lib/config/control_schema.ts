import * as v from "valibot";
import { ADDRESS_PATTERN, parseAddress } from "./address.ts";

/** Where commands and the page are served, unless told. */
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

const EXPECTED_USER = `expected a name without ":", which ends it in what a scraper sends`;

const user = v.optional(
  v.pipe(
    v.string("expected text in double quotes"),
    v.description("The name that a scraper has to give; with passwordFile"),
    v.regex(/^[^:]+$/, EXPECTED_USER),
  ),
);

/** Keys that are nothing without the one beside them. */
const PAIRS = [
  ...[["user", "passwordFile"], ["passwordFile", "user"]] as const,
  ...[["certFile", "keyFile"], ["keyFile", "certFile"]] as const,
];

const metrics = v.pipe(
  v.strictObject({
    listen: address,
    user,
    passwordFile: text("The file whose first line is the user's password, in home or absolute"),
    certFile: text("The file of the certificate, and of those above it, in PEM; with keyFile: TLS"),
    keyFile: text("The file of the certificate's private key in PEM"),
  }),
  v.description("Serves /metrics, and nothing else, on an address of its own"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { value } = dataset;
    for (const [key, other] of PAIRS) {
      if (value[key] === undefined || value[other] !== undefined) continue;
      const place = {
        type: "object",
        origin: "value",
        input: value,
        key,
        value: value[key],
      } as const;
      addIssue({ message: `expected "${other}" beside it`, path: [place] });
    }
  }),
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

/** Where, and to whom, the metrics are served beside that. */
export type MetricsConfig = NonNullable<ControlConfig["metrics"]>;

function text(description: string) {
  const expected = "expected text in double quotes";
  return v.optional(
    v.pipe(v.string(expected), v.nonEmpty(expected), v.description(description)),
  );
}
