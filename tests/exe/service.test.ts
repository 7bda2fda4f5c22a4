import { assertEquals, assertMatch } from "@std/assert";
import { testExe } from "./program.ts";

testExe("service print shows the commands of Windows on any system", async ({ run }) => {
  const { code, stdout } = await run("service", "print", "--name", "w");
  assertEquals(code, 0);
  assertMatch(stdout, /^sc\.exe create w binPath= "\\"C:\\Program Files\\icinga-warden\\/);
  const nssm = await run("service", "print", "--with", "nssm", "--json");
  assertEquals(JSON.parse(nssm.stdout)[0].slice(0, 3), ["nssm.exe", "install", "icinga-warden"]);
});

testExe(
  "service --dry-run shows what would be done, and nothing else is for Linux",
  async (bench) => {
    assertEquals((await bench.run("service", "uninstall", "--dry-run")).code, 0);
    for (const action of ["install", "uninstall", "start", "stop", "status"]) {
      const { code, stdout, stderr } = await bench.run("service", action);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^icinga-warden: 'service \w+' is for the Windows exe only; [^\n]*\n$/);
    }
  },
);

const wrong: [string[], RegExp][] = [
  [[], /'service' needs one of install, uninstall/],
  [["instal"], /Unknown 'service instal'; did you mean/],
  [["print", "more"], /Unexpected 'more'/],
  [["start", "--force"], /Flag '--force' is not for 'service start'/],
  [["print", "--with", "systemd"], /Flag '--with' is 'systemd'; expected native or nssm/],
  [["print", "--nssm", "C:\\nssm.exe"], /Flag '--nssm' goes with '--with nssm'/],
  [["print", "--name", "a/b"], /Flag '--name' is 'a\/b'; expected .*without a slash/],
  [["print", "--account", "a\\b\\c"], /Flag '--account' is 'a\\b\\c'; expected an account/],
  [["print", "--display-name", " "], /Flag '--display-name' is ' '; expected 1 to 256/],
];

for (const [args, message] of wrong) {
  testExe(`service ${args.join(" ")}: one line, and exit code 2`, async ({ run }) => {
    const { code, stderr } = await run("service", ...args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, message);
    assertEquals(stderr.trim().split("\n").length, 1);
  });
}
