import { assertEquals, assertThrows } from "@std/assert";
import { HttpError, parseHead } from "../../lib/control/http/message.ts";

function head(...lines: string[]) {
  return parseHead(lines.join("\r\n"));
}

function statusOf(...lines: string[]): number {
  return assertThrows(() => head(...lines), HttpError).status;
}

Deno.test("a request's head is read", () => {
  const { method, target, headers, length } = head(
    "POST /api/pause?x=1 HTTP/1.1",
    "Host: 127.0.0.1:5664",
    "content-length:\t12 ",
    "X-Many: a",
    "X-Many: b",
  );
  assertEquals([method, target, length], ["POST", "/api/pause?x=1", 12]);
  assertEquals([headers.get("host"), headers.get("x-many")], ["127.0.0.1:5664", "a, b"]);
  const most = Array.from({ length: 63 }, (_, i) => `X-${i}: 1`);
  assertEquals([...head("GET / HTTP/1.1", "Host: x", ...most).headers].length, 64);
});

Deno.test("what two readers could take for two things is refused", () => {
  const get = "GET / HTTP/1.1";
  const cases: [expected: number, lines: string[]][] = [
    [400, [""]],
    [400, ["GET / HTTP/2.0", "Host: x"]],
    [400, ["get / HTTP/1.1", "Host: x"]],
    [400, ["GET  / HTTP/1.1", "Host: x"]],
    [400, ["GET http://evil/ HTTP/1.1", "Host: x"]],
    [400, ["GET /a b HTTP/1.1", "Host: x"]],
    [400, ["GET /\x01 HTTP/1.1", "Host: x"]],
    [400, ["CONNECT evil:443 HTTP/1.1", "Host: x"]],
    [400, [get]],
    [400, [get, "Host: x", "Host: y"]],
    [400, [get, "Host: x", "Content-Length: 1", "Content-Length: 2"]],
    [400, [get, "Host: x", "Content-Length: -1"]],
    [400, [get, "Host: x", "Content-Length: 1e3"]],
    [400, [get, "Host: x", "Content-Length: "]],
    [400, [get, "Host: x", " folded: yes"]],
    [400, [get, "Host : x"]],
    [400, [get, "Host: x", "no colon"]],
    [400, [get, "Host: x", "X: a\nY: b"]],
    [400, [get, "Host: x", "X: \x00"]],
    [411, ["POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked"]],
    [431, [get, "Host: x", ...Array.from({ length: 64 }, (_, i) => `X-${i}: 1`)]],
  ];
  for (const [expected, lines] of cases) {
    assertEquals(statusOf(...lines), expected, lines.join("|"));
  }
});
