import { assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** Wordings that readers stumbled over, and what is said instead. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/is no (?:valid )?name for/, "is not a valid name for"],
  [/is no duration of|' is no duration/, "is not a valid duration"],
  [/installed already/, "already installed"],
  [/nothing was changed;|calling it again/, "nothing changed; running it again"],
  [/no (?:such )?service is installed/, "the service is not installed"],
  [/account that (?:it|the service) runs as/, "the account it runs under"],
  [/a restart applies/, "restart the service to apply it"],
  [/brok?e(?:aks)? off: |run broke off|ended badly/, "did not stop cleanly"],
  [/[Pp]uts? (?:it|a daemon) to work|daemon to begin with/, "a starter daemon, register it"],
  [/exe .* is another one/, "the service runs a different exe"],
  [/how the running agent, its services/, "the state of the agent, its services and daemons"],
  [/\b1 restarts\b|\$\{[^}]*\} restarts\b/, "1 restart: counted() in lib/base"],
  [/\bis failed\b/, "has failed"],
  [/; mend: |\bmend the /, "fix, correct the"],
];

/** The texts that people read: what the program prints, its page and its documentation. */
function* texts(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* texts(`${folder}${name}/`);
    else if (/\.(?:ts|js|html|md)$/.test(name)) yield folder + name;
  }
}

Deno.test("a wording that readers stumbled over does not come back", () => {
  const files = ["README.md", ...["lib/", "daemons/", "docs/"].flatMap((name) => [...texts(name)])];
  const found = files.flatMap((file) => {
    const lines = Deno.readTextFileSync(new URL(file, root)).split("\n");
    return lines.flatMap((line, i) =>
      INSTEAD.filter(([old]) => old.test(line)).map(([, now]) => `${file}:${i + 1}: say: ${now}`)
    );
  });
  assertEquals(found, []);
});
