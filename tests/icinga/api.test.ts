import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { checkParent, parseParent } from "../../lib/icinga/settings.ts";
import {
  chooseParents,
  explainRefusedResult,
  fateOf,
  findAccess,
  hasPermission,
  parseAnswer,
  readAnswer,
  userDefinition,
} from "../../lib/icinga/mod.ts";
import { objectDefinition, resultBody } from "../../lib/icinga/check_result.ts";
import { fixture } from "./fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("an answer is read with a length and in chunks, and not before it is complete", () => {
  const whole = [
    'HTTP/1.1 200 OK\r\nServer: Icinga\r\nContent-Length: 8\r\n\r\n{"ä":1}',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"\xc3\r\n5\r\n\xa4":1}\r\n0\r\n\r\n',
  ];
  const encoded = [bytes(whole[0]!), Uint8Array.from(whole[1]!, (c) => c.charCodeAt(0))];
  for (const answer of encoded) {
    assertEquals(parseAnswer(answer), { status: 200, body: '{"ä":1}' });
    for (let i = 0; i < answer.length; i++) {
      assertEquals(parseAnswer(answer.subarray(0, i)), undefined, `${i}`);
    }
  }
  assertEquals(parseAnswer(bytes("HTTP/1.1 503 x\r\n\r\n")), { status: 503, body: "" });
  assertThrows(() => parseAnswer(bytes("SSH-2.0\r\n\r\n")), Error, "not HTTP");
  const bad = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
  assertThrows(() => parseAnswer(bytes(bad)), Error, "chunk");
  const long = "HTTP/1.1 200 OK\r\nContent-Length: long\r\n\r\n";
  assertThrows(() => parseAnswer(bytes(long)), Error, "its answer has no length");
});

Deno.test("what became of a result is said by the code of the result, or of the answer", () => {
  const taken = '{"results":[{"code":200,"status":"Successfully"}]}';
  assertEquals(readAnswer(200, taken), { code: 200, text: "Successfully" });
  const refused = '{"results":[{"code":403,"status":"Passive checks are disabled"}]}';
  assertEquals(readAnswer(200, refused), { code: 403, text: "Passive checks are disabled" });
  const none = '{"error":404,"status":"No objects found."}';
  assertEquals(readAnswer(404, none), { code: 404, text: "No objects found." });
  assertEquals(readAnswer(502, "<html>"), { code: 502, text: "HTTP 502" });
  const fates = [199, 200, 299, 300, 400, 401, 403, 404, 409, 500, 503].map(fateOf);
  assertEquals(fates, [
    ...["later", "taken", "taken", "later"] as const,
    ...["refused", "unknown", "refused", "refused", "later", "later", "later"] as const,
  ]);
});

Deno.test("a result is sent with its object, and the definitions are Icinga's", () => {
  const result = { host: "h", service: "s", exitStatus: 2, output: "bad", source: "a", ttl: 90 };
  assertEquals(resultBody({ ...result, performance: ["x=1"] }), {
    type: "Service",
    service: "h!s",
    exit_status: 2,
    plugin_output: "bad",
    performance_data: ["x=1"],
    check_source: "a",
    ttl: 90,
  });
  assertEquals(
    userDefinition('a"b'),
    String
      .raw`object ApiUser "a\"b" { client_cn = "a\"b"; permissions = [ { permission = "actions/process-check-result"; filter = {{ host.name == "a\"b" }} } ] }`,
  );
  assertEquals(
    objectDefinition("h", "s"),
    'object Service "s" { import "icinga-warden-passive"; host_name = "h" }',
  );
});

Deno.test("a permission is covered by itself, with a filter too, and by wildcards", () => {
  const wanted = "actions/process-check-result";
  const covers = (text: string) => hasPermission([text], wanted);
  for (const text of [wanted, `${wanted} (filtered)`, "*", "actions/*", "Actions/Process-*"]) {
    assertEquals(covers(text), true, text);
  }
  for (const text of ["status/query", "action/*", "objects/*", "actions/process-check-resul."]) {
    assertEquals(covers(text), false, text);
  }
  assertEquals(hasPermission([], wanted), false);
  assertEquals(hasPermission(["objects/query/service"], "objects/query/Service"), true);
});

Deno.test("a refusal names the object and what is to be added", () => {
  const object = { host: "h", service: "s" };
  const known = { user: "u", version: "", permissions: ["actions/*"] };
  const explain = (code: number, permissions = known.permissions) =>
    explainRefusedResult({ code, text: "No." }, object, { ...known, permissions });
  assertMatch(
    explain(404),
    /no service 'h!s', or the filter .* 'u' excludes it .* object Service "s"/,
  );
  assertMatch(
    explain(404, []),
    /'u' lacks the permission "actions\/process-check-result" for 'h!s'/,
  );
  assertMatch(
    explain(403),
    /refuses results of 'h!s' \(403: No\.\); it needs enable_passive_checks/,
  );
  assertEquals(explain(400), "Icinga refuses results of 'h!s' (400: No.)");
  const stranger = explainRefusedResult({ code: 404, text: "" }, object, undefined);
  assertMatch(stranger, /the filter of ApiUser '\?' excludes it \(404\)/);
});

Deno.test("a parent is an endpoint and where it is", () => {
  const cases: [text: string, parent: ReturnType<typeof parseParent>][] = [
    ["master", undefined],
    ["master=10.0.0.1", { name: "master", host: "10.0.0.1", port: 5665 }],
    ["master=icinga.example:443", { name: "master", host: "icinga.example", port: 443 }],
    ["master=[::1]:5666", { name: "master", host: "::1", port: 5666 }],
    ["master=::1", undefined],
    ["master=", undefined],
    ["=10.0.0.1", undefined],
    ["master=a:0", undefined],
    ["master=a:1", { name: "master", host: "a", port: 1 }],
    ["master=a:65535", { name: "master", host: "a", port: 65_535 }],
    ["master=a:65536", undefined],
    ["", undefined],
  ];
  for (const [text, parent] of cases) {
    assertEquals(parseParent(text), parent, text);
    assertEquals(checkParent(text) === undefined, parent !== undefined, text);
  }
});

Deno.test("parents are those that were named, else Icinga's own; one without an address is told", () => {
  const far = { name: "far", host: "10.0.0.1", port: 5665 };
  const near = { name: "near", port: 5665 };
  assertEquals(chooseParents([], { parents: [near, far] }), [far]);
  assertEquals(chooseParents([{ ...near, host: "a" }], {}), [{ ...near, host: "a" }]);
  const why = (node: object) => assertThrows(() => chooseParents([], node), Error).message;
  assertMatch(why({ parents: [near] }), /tell no address of near, since the parent connects to/);
  assertMatch(why({ parents: [] }), /This node has no parents; name them in the argument parents/);
  assertMatch(why({}), /do not tell the parents; name them in the argument parents, such as "m/);
});

Deno.test("whom to send to and as whom is read from Icinga's own files, or from what was said", async () => {
  await using made = await fixture();
  const { folder, write } = made;
  const none = { host: "", parents: [], cert: "", key: "", ca: "", user: "", passwordFile: "" };
  const find = (more: object = {}) => findAccess({ ...none, ...more }, folder, folder.root);
  const refusal = async (more: object = {}) =>
    (await assertRejects(() => find(more), Error)).message;
  assertMatch(await refusal(), /do not tell this node's name; .* in the argument host/);
  await write(
    "etc/icinga2/constants.conf",
    'const NodeName = "agent1"\nconst ZoneName = NodeName\n',
  );
  await write(
    "etc/icinga2/zones.conf",
    `object Endpoint "m1" { host = "10.0.0.1" }
object Endpoint "m2" { host = "10.0.0.2"; port = "5700" }
object Zone "master" { endpoints = [ "m1", "m2" ] }
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ]; parent = "master" }
`,
  );
  assertMatch(await refusal(), /^Cannot read .*ca\.crt: .*; name the file in the argument ca$/);
  for (const file of ["ca.crt", "agent1.crt", "agent1.key"]) {
    await write(`var/lib/icinga2/certs/${file}`, file);
  }
  assertEquals(await find(), {
    host: "agent1",
    parents: [
      { name: "m1", host: "10.0.0.1", port: 5665 },
      { name: "m2", host: "10.0.0.2", port: 5700 },
    ],
    credentials: { ca: "ca.crt", cert: "agent1.crt", key: "agent1.key" },
  });
  await write("own.key", "mine");
  assertEquals((await find({ key: "own.key" })).credentials.key, "mine");
  await write("password", "s3cret\r\n");
  const { host, credentials } = await find({ user: "u", passwordFile: "password", host: "h" });
  assertEquals([host, credentials], ["h", { ca: "ca.crt", user: "u", password: "s3cret" }]);
  assertEquals(await refusal({ user: "u" }), "The argument passwordFile is missing: user needs it");
  // Where the node's name is not known, its certificate is that of the host.
  await Deno.remove(`${folder.config}/constants.conf`);
  for (const file of ["h.crt", "h.key"]) await write(`var/lib/icinga2/certs/${file}`, file);
  const parents = [{ name: "m", host: "10.0.0.9", port: 1 }];
  const named = { host: "h", parents, credentials: { ca: "ca.crt", cert: "h.crt", key: "h.key" } };
  assertEquals(await find({ host: "h", parents }), named);
});
