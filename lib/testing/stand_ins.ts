import { within } from "../base/mod.ts";
import {
  type createContext,
  type DaemonDefinition,
  type Disk,
  programRunner,
} from "../daemon/mod.ts";
import type { ReplicatedMap } from "../state/mod.ts";
import type { SimulationOptions } from "./options.ts";

const DISKS: readonly Disk[] = [{ name: "C:", free: 40e9, total: 100e9 }];

/** What of a context's parts reaches outside of the program. */
type Outside = Required<
  Pick<Parameters<typeof createContext>[0], "fetch" | "runProgram" | "disks" | "secret">
>;

/**
 * What stands for hosts, programs and disks where a test says so; else hosts and programs are real.
 *
 * @param real does what takes real time.
 */
export function standIns(
  { fetch: answer, run, disks = DISKS, secrets }: SimulationOptions,
  { permissions }: DaemonDefinition,
  real: <T>(work: () => Promise<T>) => Promise<T>,
): Outside {
  const ask = answer
    ? async (...given: ConstructorParameters<typeof Request>) => {
      const request = new Request(...given);
      return (await within(Promise.resolve(answer(request)), { signal: request.signal }))!;
    }
    : globalThis.fetch;
  const runProgram: Outside["runProgram"] = run
    ? (program, args) => {
      const result = run(program, args);
      return Promise.resolve(result && { code: 0, stdout: "", stderr: "", ...result });
    }
    : programRunner();
  return {
    secret: (name) =>
      Promise.resolve().then(() => {
        const secret = secrets ? secrets[name] : `secret ${name}`;
        const isDeclared = permissions?.secrets?.some((item) => item === name || /[*{]/.test(item));
        if (!isDeclared) throw new Error(`This daemon lacks the permission 'secrets ${name}'`);
        if (secret === undefined) throw new Error(`There is no secret '${name}'`);
        return secret;
      }),
    disks: () => Promise.resolve([...disks]),
    runProgram: (program, args, given) => real(() => runProgram(program, args, given)),
    fetch: (input, init) => real(() => ask(input, init)),
  };
}

/** A map that refuses writes, as another daemon's does. */
export function readOnly<V>(
  map: ReplicatedMap<string, V>,
  thread: string,
): ReplicatedMap<string, V> {
  const refuse = () => {
    throw new Error(
      `Cannot write ${map.path}: it is not for thread '${thread}' to write, and its owner has not opened it`,
    );
  };
  return new Proxy(map, {
    get(target, key) {
      if (WRITES.has(key)) return refuse;
      const member = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const WRITES = new Set<string | symbol>(["set", "delete", "clear", "increment", "update"]);
