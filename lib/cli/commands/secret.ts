import { listSecrets, removeSecret, writeSecret } from "../../agent/mod.ts";
import { attempt, excerpt } from "../../base/mod.ts";
import { refuseSecretName } from "../../daemon/mod.ts";
import { currentUser, makePrivate, sidOf } from "../../windows/mod.ts";
import {
  type Command,
  commandWithActions,
  type Invocation,
  type Report,
  UsageError,
} from "../command.ts";
import { findHome } from "../paths.ts";
import { accountOfService } from "../service/installed.ts";
import { readPassword } from "../service/password.ts";

/** `icinga-warden secret` */
export const secretCommand: Command = commandWithActions(
  "secret",
  "store passwords and the like for daemons, in files that administrators and the service alone read",
  {
    set: {
      words: "NAME",
      subject: "secret",
      summary: "ask for a secret without showing it, or read the first line of standard input",
      run: set,
    },
    list: { words: "", summary: "list the names of the secrets", run: list },
    remove: { words: "NAME", subject: "secret", summary: "remove a secret", run: remove },
  },
);

async function set(invocation: Invocation): Promise<Report> {
  const { home } = findHome(invocation);
  const name = nameIn(invocation);
  const value = await readPassword(
    `Secret '${name}': `,
    "No secret was given; type it, or give it as the first line of standard input",
  );
  const file = await writeSecret(home, name, value, (path) => protect(path, home));
  return {
    json: { name, file },
    text: `Stored secret '${name}'; daemons read it when they ask next`,
  };
}

async function list(invocation: Invocation): Promise<Report> {
  const secrets = await listSecrets(findHome(invocation).home);
  return { json: secrets, text: secrets.length > 0 ? secrets : "There are no secrets" };
}

async function remove(invocation: Invocation): Promise<Report> {
  const name = nameIn(invocation);
  await removeSecret(findHome(invocation).home, name);
  return { json: { name }, text: `Removed secret '${name}'` };
}

/** @throws {UsageError} when no secret can have the name. */
function nameIn({ words: [name = ""] }: Invocation): string {
  const expected = refuseSecretName(name);
  if (expected === undefined) return name;
  throw new UsageError(`A secret cannot be named '${excerpt(name)}'; ${expected}`);
}

/** On Windows a file's mode says nothing: its access list does. */
function protect(path: string, home: string): void {
  if (Deno.build.os === "windows") makePrivate(path, [], readerOf(home));
}

/** The account of the service that runs from home; without one, who calls. */
function readerOf(home: string): string {
  const account = accountOfService(home);
  return account === undefined ? currentUser() : attempt(() => sidOf(account), currentUser);
}
