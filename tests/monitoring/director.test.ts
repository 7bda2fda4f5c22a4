import { assertEquals, assertMatch } from "@std/assert";
import { exampleBasket } from "../../lib/cli/commands/report_example.ts";
import { loadFiles } from "../icinga/nodes.ts";
import { tellSkipped } from "../skipped.ts";
import { eventually, isThere, runTool } from "./tool.ts";

const MODULES = "/usr/share/icingaweb2/modules";
const PROGRAMS = ["icingacli", "mariadbd", "mariadb-install-db", "php", "icinga2"];

/** An Icinga Director with an empty database, removed at the end of the block. */
interface Director extends AsyncDisposable {
  /** Runs `icingacli director`; throws with what it printed when that fails. */
  run(words: string, input?: string): Promise<void>;
  /** Rows of its database, each a list of texts. */
  query(sql: string): Promise<string[][]>;
}

async function director(): Promise<Director> {
  const root = await Deno.makeTempDir();
  const socket = `${root}/socket`;
  const sql = async (text: string) => {
    const args = ["--no-defaults", "-S", socket, "-N", "-B"];
    const { code, output } = await runTool("mariadb", args, { input: text });
    assertEquals(code, 0, output);
    return output.trimEnd().split("\n").map((line) => line.split("\t"));
  };
  const data = `--datadir=${root}/db`;
  await runTool("mariadb-install-db", [data, "--user=root", "--skip-test-db"]);
  const server = new Deno.Command("mariadbd", {
    args: ["--no-defaults", data, `--socket=${socket}`, "--skip-networking", "--user=root"],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const files = {
    "config.ini": `[global]\nconfig_resource = director\nmodule_path = ${MODULES}\n`,
    "resources.ini":
      "[director]\ntype = db\ndb = mysql\nhost = localhost\ndbname = director\nusername = d\npassword = d\n",
    "modules/director/config.ini": "[db]\nresource = director\n",
  };
  await Deno.mkdir(`${root}/modules/director`, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${root}/${name}`, text);
  }
  await Deno.mkdir(`${root}/enabledModules`);
  for (const name of ["director", "incubator"]) {
    await Deno.symlink(`${MODULES}/${name}`, `${root}/enabledModules/${name}`);
  }
  const made: Director = {
    async run(words, input = "") {
      const php = ["-d", `pdo_mysql.default_socket=${socket}`, "/usr/bin/icingacli", "director"];
      const env = `ICINGAWEB_CONFIGDIR=${root}`;
      const args = [env, "php", ...php, ...words.split(" ")];
      const { code, output } = await runTool("env", args, { input });
      assertEquals(code, 0, output);
    },
    query: (text) => sql(`use director; ${text}`),
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(root, { recursive: true });
    },
  };
  await eventually(() => sql("select 1"));
  await sql(
    "create database director character set utf8; create user d@localhost identified by 'd'; grant all on director.* to d@localhost",
  );
  await made.run("migration run");
  return made;
}

const missing = PROGRAMS.find((name) => !isThere(name)) ??
  (await Deno.stat(`${MODULES}/director`).then(
    () => undefined,
    () => "icingaweb2-module-director",
  ));
const NAME =
  "a real Director takes the basket, twice too, and Icinga what the Director makes of it";
if (missing !== undefined) tellSkipped(NAME, `there is no ${missing} on this machine`);

Deno.test({
  name: `${NAME} (needs icingaweb2-module-director, icingacli, mariadb-server, php-mysql)`,
  ignore: missing !== undefined,
  async fn() {
    await using made = await director();
    for (const _ of [1, 2]) await made.run("basket restore", JSON.stringify(exampleBasket()));
    const external = { object_type: "external_object" };
    const create = (words: string, object: object) =>
      made.run(`${words} --json`, JSON.stringify(object));
    await create("zone create master", external);
    await create("zone create director-global", { ...external, is_global: true });
    await create("endpoint create master1", { ...external, zone: "master" });
    const imports = ["icinga-warden"];
    await create("host create windows1", {
      ...{ object_type: "object", imports, check_command: "passive", address: "10.0.0.11" },
      vars: { icinga_warden_daemons: ["disk_watch"] },
    });
    await made.run("config render");
    const rows = await made.query(
      "select f.file_path, hex(c.content) from director_generated_config_file f join director_generated_file c on c.checksum = f.file_checksum",
    );
    const zones = `object Endpoint "master1" { }
object Zone "master" { endpoints = [ "master1" ] }
object Zone "director-global" { global = true }
`;
    const decode = (hex: string) =>
      new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16)));
    const files = rows.map(([path, hex]) => [path!, decode(hex ?? "")] as const);
    const { code, said } = await loadFiles(new Map([...files, ["zones.conf", zones]]));
    assertEquals(code, 0, said);
    assertMatch(said, /Instantiated 3 Services/);
    assertMatch(said, /Instantiated 1 Host\./);
  },
});
