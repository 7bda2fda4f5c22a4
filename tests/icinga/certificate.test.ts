import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { nextUpdate, readCertificate } from "../../lib/icinga/mod.ts";
import { fixture, hasOpenssl, makeCa, makeCertificate } from "./fixture.ts";

const CASES = {
  valid: { ca: "ca", days: 365 },
  "20 days": { ca: "ca", days: 20 },
  "3 days": { ca: "ca", days: 3 },
  expired: { ca: "ca", days: -1 },
  "self-signed": { days: 365, fault: /not signed by a CA/, mend: /icinga2 ca sign$/ },
  "of another CA": {
    ca: "other",
    days: 365,
    fault: /not signed by the CA/,
    mend: /^compare ca.crt/,
  },
  "of another name": {
    ...{ ca: "ca", subject: "else", days: 365, fault: /for 'else'.*is 'agent'/ },
    mend: /^correct NodeName/,
  },
} as const;

Deno.test({
  name: "the files say when the certificate ends, and why nobody accepts it (needs openssl)",
  ignore: !hasOpenssl,
  async fn() {
    await using made = await fixture();
    const certs = join(made.folder.data, "certs");
    await Deno.mkdir(certs, { recursive: true });
    assertEquals(await readCertificate(made.folder, "agent"), undefined);
    await Promise.all([makeCa(certs), makeCa(certs, "other")]);
    for (const [name, { days, ...options }] of Object.entries(CASES)) {
      await makeCertificate(certs, "agent", { days, ...options });
      const found = (await readCertificate(made.folder, "agent"))!;
      const left = (found.ends - Date.now()) / 86_400_000;
      assert(Math.abs(left - days) < 0.1, `${name}: ${left} days`);
      assert(found.begins <= Date.now(), name);
      const fault = "fault" in options ? options.fault : /^$/;
      assert(fault.test(found.fault ?? ""), `${name}: ${found.fault}`);
      const mend = "mend" in options ? options.mend : /^$/;
      assert(mend.test(found.mend ?? ""), `${name}: ${found.mend}`);
    }
    await Deno.remove(join(certs, "ca.crt"));
    await makeCertificate(certs, "agent", { ca: "other" });
    assertEquals(
      (await readCertificate(made.folder, "agent"))?.fault,
      `there is no ${join(certs, "ca.crt")}`,
    );
    await Deno.writeTextFile(join(certs, "agent.crt"), "");
    await assertRejects(() => readCertificate(made.folder, "agent"), Error, "is no certificate");
  },
});

Deno.test({
  name: "a CA between the certificate and ca.crt is found in either file (needs openssl)",
  ignore: !hasOpenssl,
  async fn() {
    await using made = await fixture();
    const certs = join(made.folder.data, "certs");
    await Deno.mkdir(certs, { recursive: true });
    await makeCa(certs, "root");
    const extension = "basicConstraints=critical,CA:TRUE";
    await makeCertificate(certs, "middle", { ca: "root", extension });
    await makeCertificate(certs, "lower", { ca: "middle", extension });
    await makeCertificate(certs, "own", { ca: "lower", subject: "agent" });
    const write = async (file: string, names: readonly string[]) => {
      const texts = names.map((name) => Deno.readTextFile(join(certs, `${name}.crt`)));
      await Deno.writeTextFile(join(certs, file), (await Promise.all(texts)).join("\r\n"));
    };
    for (
      const [own, ca, isGood] of [
        [["own"], ["root", "middle", "lower"], true],
        [["own", "lower"], ["root", "middle"], true],
        [["own", "middle", "lower"], ["root"], true],
        [["own", "lower"], ["root"], false],
        [["own"], ["root", "middle"], false],
      ] as const
    ) {
      await write("agent.crt", own);
      await write("ca.crt", ca);
      const { fault } = (await readCertificate(made.folder, "agent"))!;
      assertEquals(fault === undefined, isGood, `${own}, ${ca}: ${fault}`);
    }
  },
});

// openssl ca -gencrl -keyfile k -cert c -crl_lastupdate 20260102030405Z -crl_nextupdate …, ECDSA
const list = (next: string) => {
  const time = (text: string) => text.length === 13 ? `\x17\x0d${text}` : `\x18\x0f${text}`;
  const revoked = `0..\x02\x01\x07${time("260101010101Z")}`;
  const body = `0..CN=Icinga CA${time("260102030405Z")}${next && time(next)}${revoked}signature`;
  return `-----BEGIN X509 CRL-----\n${btoa(body)}\n-----END X509 CRL-----\n`;
};

Deno.test("a list of revoked certificates says when the next is due", () => {
  assertEquals(nextUpdate(list("260202030405Z")), Date.UTC(2026, 1, 2, 3, 4, 5));
  assertEquals(nextUpdate(list("20510202030405Z")), Date.UTC(2051, 1, 2, 3, 4, 5));
  assertEquals(nextUpdate(list("491231235959Z")), Date.UTC(2049, 11, 31, 23, 59, 59));
  assertEquals(nextUpdate(list("500101000000Z")), Date.UTC(1950, 0, 1));
  assertEquals(nextUpdate(list("")), undefined, "a list need not say when the next is due");
  assertEquals(nextUpdate("no list"), undefined);
});
