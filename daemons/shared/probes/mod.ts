/**
 * The probes: each looks at one thing of Icinga 2, in a file of its own, with the same four parts.
 *
 * @module
 */
import { describeProblem, suggest } from "../../../lib/base/mod.ts";
import { readArguments } from "../../../lib/daemon/mod.ts";
import type { ArgumentSpec } from "icinga-warden/daemon";
import { apiPort } from "./api_port.ts";
import { certificate } from "./certificate.ts";
import { cpu } from "./cpu.ts";
import { disk } from "./disk.ts";
import { heartbeatFile } from "./heartbeat_file.ts";
import { memory } from "./memory.ts";
import { parentConnection } from "./parent_connection.ts";
import type { Probe, ProbeVerdict } from "./probe.ts";
import type { IcingaSample } from "../../../lib/icinga/mod.ts";

export type { ProbeVerdict } from "./probe.ts";

/** All probes, in the order in which they are shown. */
export const PROBES: readonly Probe[] = [
  parentConnection,
  heartbeatFile,
  apiPort,
  certificate as unknown as Probe,
  disk as unknown as Probe,
  memory as unknown as Probe,
  cpu as unknown as Probe,
];

/** A probe with its arguments. */
export interface ConfiguredProbe {
  name: string;
  /** `off`, `tell`, `restart`, `restart-once`. */
  action: string;
  /** ms, as the next two. */
  every: number;
  failAfter: number;
  settle: number;
  /** The verdict on a sample; `now` is ms since the Unix epoch. */
  probe(sample: IcingaSample, now: number): ProbeVerdict;
}

/**
 * The probes as the argument `probes` wants them: each item is a probe's name and what differs from the defaults, such
 * as `heartbeat_file failAfter=20m action=tell` or `disk off`.
 *
 * @param options `areNamed`: those that no item names are off. Default: false.
 * @throws {TypeError} when an item is wrong; {@linkcode checkProbe} says what is.
 */
export function configureProbes(
  items: readonly string[],
  { areNamed = false } = {},
): ConfiguredProbe[] {
  const all = items.map(wordsOf);
  return PROBES.map((probe) => {
    const own = all.find(([name]) => name === probe.name) ?? (areNamed ? ["", "off"] : []);
    const { values, problem } = readItem(probe, own.slice(1));
    if (problem !== undefined) throw new TypeError(problem);
    return {
      name: probe.name,
      ...values,
      probe: (sample, now) => probe.probe(sample, values, now),
    };
  });
}

/** What would be right instead of an item of the argument `probes`, as a clause; undefined when it is right. */
export function checkProbe(item: string, before: readonly string[] = []): string | undefined {
  const [name, ...words] = wordsOf(item);
  const probe = PROBES.find((probe) => probe.name === name);
  if (!probe) {
    const known = PROBES.map(({ name }) => name);
    return `expected the name of a probe and what differs, such as 'disk off' or 'disk free=5GB'; ${
      suggest(name!, known)
    }`;
  }
  if (before.some((other) => wordsOf(other)[0] === name)) {
    return `expected each probe once: write all that differs of ${name} into one text`;
  }
  return readItem(probe, words).problem;
}

function wordsOf(item: string): string[] {
  return item.trim().split(/\s+/);
}

function readItem(probe: Probe, words: readonly string[]) {
  const known = Object.keys(probe.arguments);
  const bare = words.find((word) => word !== "off" && !word.includes("="));
  const given = words.filter((word) => word !== bare).map((word) => {
    const [key = "", ...text] = word === "off" ? ["action", "off"] : word.split("=");
    const spec = probe.arguments[key as keyof Probe["arguments"]];
    return [key, valueOf(spec, text.join("="))] as const;
  });
  const { values, problems } = readArguments(probe.arguments, Object.fromEntries(given));
  if (bare !== undefined) {
    const hint = known.includes(bare) ? `write ${bare}=VALUE` : suggest(bare, ["off", ...known]);
    const expected = `expected "off" or key=value; ${hint}`;
    return { values, problem: describeProblem({ path: [], value: bare, expected }) };
  }
  const [twice] = given.find(([key], i) => given.findIndex(([first]) => first === key) < i) ?? [];
  const problem = problems[0] && describeProblem(problems[0]);
  return { values, problem: problem ?? (twice && `${twice}: written twice; expected once`) };
}

function valueOf(spec: ArgumentSpec | undefined, text: string): unknown {
  return spec?.type === "number" && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
