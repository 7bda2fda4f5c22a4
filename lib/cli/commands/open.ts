import { Client } from "../../control/client.ts";
import { type Command, EXIT, refuseWords } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";

/** `icinga-warden open` */
export const openCommand: Command = {
  name: "open",
  words: "",
  summary: "open the running agent's page in the browser, logged in",
  details: [
    "It opens a link that logs in once, within a minute. Where there is no browser it prints the link.",
  ],
  flags: { print: { help: "print the link only" } },
  async run(invocation) {
    refuseWords(invocation.words);
    const client = await Client.connect(findPaths(invocation).home);
    const { url } = await client.post<{ url: string }>("/api/link");
    if (invocation.given.has("json")) printJson({ url });
    else if (invocation.given.has("print") || !await openBrowser(url)) print(url);
    return EXIT.done;
  },
};

/** Opens a link with the system's default browser; false when that is not possible. */
async function openBrowser(url: string): Promise<boolean> {
  const [program, ...args] = browserCommand(url);
  try {
    const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(program!, { args, ...silent }).output()).success;
  } catch {
    return false;
  }
}

function browserCommand(url: string): string[] {
  switch (Deno.build.os) {
    case "windows":
      return ["rundll32.exe", "url.dll,FileProtocolHandler", url];
    case "darwin":
      return ["open", url];
    default:
      return ["xdg-open", url];
  }
}
