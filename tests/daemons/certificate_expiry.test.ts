import { assertEquals, assertMatch } from "@std/assert";
import daemon from "../../daemons/certificate_expiry.ts";
import { simulate } from "../../lib/testing/author.ts";
import { tellSkipped } from "../skipped.ts";
import { hasOpenssl, startTlsHost } from "../tls_host.ts";

async function verdictOf(given: Record<string, unknown>) {
  const run = simulate(daemon, { arguments: given });
  await run.advance("1s");
  for (const end = Date.now() + 60_000; !run.map("Verdict").has("now") && Date.now() < end;) {
    await run.advance("1s");
  }
  const { level, text, numbers } = run.map("Verdict").get("now") as {
    level: string;
    text: string;
    numbers: Record<string, { value: number }>;
  };
  const metrics = run.metrics().map(({ name, value }) => [name, Math.round(value / 86_400)]);
  await run.stop();
  return { level, text, numbers, metrics };
}

const name = "ends of certificates of hosts and files are told, and what shows none is unknown";
if (!hasOpenssl) tellSkipped(name, "there is no openssl");
Deno.test({
  name,
  ignore: !hasOpenssl,
  async fn() {
    const { host, cert, key, close, remove } = await startTlsHost();
    const { level, text, numbers, metrics } = await verdictOf({ hosts: [host], files: [cert] });
    assertEquals(level, "warning");
    assertMatch(text, /^127\.0\.0\.1:\d+ ends in 9 days, .*c\.pem ends in 9 days$/);
    const number = { value: 9, warning: "21:", critical: "7:" };
    assertEquals(Object.values(numbers), [number, number]);
    const today = Math.round(Date.now() / 86_400_000);
    for (const [metric, day] of metrics) {
      assertEquals(metric, "icinga_warden_daemon_certificate_expiry_end_timestamp_seconds");
      assertEquals(Math.abs(Number(day) - today - 10) <= 1, true);
    }
    assertEquals((await verdictOf({ files: [cert], warning: "5d", critical: "1d" })).level, "ok");
    assertEquals((await verdictOf({ files: [cert], critical: "20d" })).level, "critical");
    await close();
    const gone = await verdictOf({ hosts: [host], files: [key] });
    assertEquals(gone.level, "unknown");
    assertMatch(
      gone.text,
      /^127\.0\.0\.1:\d+: the connection is refused, .*k\.pem: holds no cert/,
    );
    await remove();
  },
});

Deno.test("why a host or a file has no certificate is said", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = (async () => {
    for await (const conn of listener) {
      await conn.read(new Uint8Array(512)).catch(() => {});
      await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")).catch(
        () => {},
      );
      conn.close();
    }
  })();
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "no PEM");
  const hosts = [`127.0.0.1:${listener.addr.port}`, "no-such-host.invalid"];
  const [plain, unknown, odd] = (await verdictOf({ hosts, files: [file] })).text.split(", ");
  assertMatch(plain!, /^127\.0\.0\.1:\d+: shows no certificate: it does not speak TLS$/);
  assertMatch(unknown!, /^no-such-host\.invalid: the name is not found/);
  assertMatch(odd!, /: holds no certificate; expected one as PEM$/);
  const [ip] = (await verdictOf({ hosts: ["[::1]:1"] })).text.split(", ");
  assertMatch(
    ip!,
    /^\[::1\]:1: (?:the connection is refused|shows no certificate: connect E\w+ ::1:1)/,
  );
  listener.close();
  await serve;
  await Deno.remove(file);
});

/** It has ended at the beginning of 2020-01-02. */
const ENDED = `-----BEGIN CERTIFICATE-----
MIIBGjCBwQIUb8YGOH8Gw5xRVlVmI1H1KVSU0yEwCgYIKoZIzj0EAwIwEDEOMAwG
A1UEAwwFZW5kZWQwHhcNMjAwMTAxMDAwMDAwWhcNMjAwMTAyMDAwMDAwWjAQMQ4w
DAYDVQQDDAVlbmRlZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKLkjjcNLP1W
UWCpIOf7Yxl2IUS5tHhyCVgxHauDTh6eiKysQk29oTyknNOP+hKHthC+FMSqRTsV
r3foZQ2ODzAwCgYIKoZIzj0EAwIDSAAwRQIhAMt9dyMotRwEzIHKVn6rw9xwJXzm
a0ToQrOXIFNwTitwAiA5qijLdtjl+Id10iCGoE3+4Ml1sU1DBo6eFwYuNqbQkQ==
-----END CERTIFICATE-----
`;

Deno.test("a certificate that has ended is critical, and a long name is cut at its front", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/${"x".repeat(80)}.pem`;
  await Deno.writeTextFile(file, ENDED);
  const { level, text, numbers, metrics } = await verdictOf({ files: [file] });
  assertEquals([level, text], ["critical", `${file} has ended`]);
  const days = Math.floor((Date.parse("2020-01-02T00:00:00Z") - Date.now()) / 86_400_000);
  const [[name, number]] = Object.entries(numbers) as [[string, { value: number }]];
  assertEquals([name, number.value], [`${"x".repeat(60)}.pem`, days]);
  assertEquals(metrics.map(([, day]) => day), [Date.parse("2020-01-02T00:00:00Z") / 86_400_000]);
  await Deno.remove(folder, { recursive: true });
});
