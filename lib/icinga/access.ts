import { join, resolve } from "node:path";
import { errorMessage } from "../base/mod.ts";
import type { Credentials } from "./api.ts";
import { certificateFiles } from "./certificate.ts";
import type { IcingaFolder } from "./folder.ts";
import { type Endpoint, type IcingaNode, readNode } from "./node.ts";

/** The arguments for the receivers of results; an empty one is read from Icinga's own files. */
export interface AccessSettings {
  /** The name of the host object. */
  host: string;
  /** None: those of Icinga's files. */
  parents: readonly Endpoint[];
  /** Files, relative to home or absolute. */
  cert: string;
  key: string;
  ca: string;
  /** The name of an ApiUser with a password, and the file whose first line that is. */
  user: string;
  passwordFile: string;
}

/** The receivers of results, and the credentials. */
export interface Access {
  /** The name of the host object. */
  host: string;
  /** In the order in which they are tried; all have an address. */
  parents: Endpoint[];
  credentials: Credentials;
}

/**
 * The parents to speak to, in order, each with an address.
 *
 * @throws {Error} in one line, when there is none.
 */
export function chooseParents(given: readonly Endpoint[], node: IcingaNode): Endpoint[] {
  const parents = given.length > 0 ? given : node.parents ?? [];
  const usable = parents.filter(({ host }) => host);
  if (usable.length > 0) return usable;
  const example = 'name them in the argument parents, such as "master=10.0.0.1"';
  const names = parents.map(({ name }) => name).join(", ");
  throw new Error(
    names !== ""
      ? `Icinga's files tell no address of ${names}, since the parent connects to this host; ${example}`
      : `${
        node.parents ? "This node has no parents" : "Icinga's files do not tell the parents"
      }; ${example}`,
  );
}

/**
 * Finds the receivers of results and the credentials, from the arguments and from Icinga's own files.
 *
 * @param home what files are relative to.
 * @throws {Error} in one line, when something is missing or cannot be read.
 */
export async function findAccess(
  settings: AccessSettings,
  folder: IcingaFolder,
  home: string,
): Promise<Access> {
  const node = await readNode(folder);
  const host = settings.host || node.name;
  if (!host) {
    throw new Error(
      `Icinga's files below ${folder.root} do not tell this node's name; name the host object in the argument host`,
    );
  }
  const parents = chooseParents(settings.parents, node);
  const read = (key: "cert" | "key" | "ca" | "passwordFile", usual: string) => {
    const given = settings[key];
    return readFile(key, given ? resolve(home, given) : usual);
  };
  const usual = certificateFiles(folder, node.name ?? host);
  const ca = await read("ca", usual.ca);
  if (settings.user) {
    const [password = ""] = (await read("passwordFile", "")).split(/\r?\n/);
    return { host, parents, credentials: { ca, user: settings.user, password } };
  }
  const cert = await read("cert", usual.own);
  const key = await read("key", join(folder.data, "certs", `${node.name ?? host}.key`));
  return { host, parents, credentials: { ca, cert, key } };
}

async function readFile(argument: string, path: string): Promise<string> {
  if (path === "") throw new Error(`The argument ${argument} is missing: user needs it`);
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const isDenied = error instanceof Deno.errors.PermissionDenied;
    const advice = isDenied
      ? "the account of the service needs the right to read it"
      : `name the file in the argument ${argument}`;
    throw new Error(`Cannot read ${path}: ${errorMessage(error).split(": ")[0]}; ${advice}`);
  }
}
