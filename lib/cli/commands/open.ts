import { type Command, EXIT } from "../command.ts";
import { connectAgent } from "../paths.ts";

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
    const { url } = await (await connectAgent(invocation)).post<{ url: string }>("/api/link");
    const prints = invocation.given.has("json") || invocation.given.has("print");
    return prints || !await openBrowser(url) ? { json: { url }, text: url } : EXIT.done;
  },
};

/** Opens a link with the system's default browser; false when that is not possible. */
async function openBrowser(url: string): Promise<boolean> {
  const [program, ...args] = BROWSERS[Deno.build.os] ?? ["xdg-open"];
  const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    return (await new Deno.Command(program!, { args: [...args, url], ...silent }).output()).success;
  } catch {
    return false;
  }
}

/** What opens a link that follows, where it is not xdg-open. */
const BROWSERS: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  windows: ["rundll32.exe", "url.dll,FileProtocolHandler"],
  darwin: ["open"],
};
