import { defineDaemon } from "icinga-warden/daemon";
import { hideSecrets, plainError } from "../lib/base/mod.ts";

function checkUrl(text: string): string | undefined {
  const isUrl = /^https?:\/\//.test(text) && URL.canParse(text);
  return isUrl ? undefined : "expected an address such as https://example.org/health";
}

function checkLogin({ url }: { url: string }) {
  const { username, password } = new URL(url);
  if (username + password === "") return undefined;
  return {
    warning: "expected an address without user and password: verdicts, status and metrics show it",
  };
}

/** The tries together may take longer than the timeout of one. */
function checkSlow({ slow, timeout, retries }: Record<"slow" | "timeout" | "retries", number>) {
  if (slow < timeout * (retries + 1)) return undefined;
  return { warning: "expected less than timeout: else the warning never comes" };
}

/** The daemon that asks a web server, and looks at what it answers. */
export default defineDaemon({
  name: "http_check",
  description: "Asks a web server, and looks at what it answers",
  arguments: {
    url: {
      type: "string",
      check: checkUrl,
      checkTogether: checkLogin,
      description: "The address that is asked",
    },
    status: {
      type: "number",
      default: 0,
      min: 0,
      max: 599,
      integer: true,
      description: "The status that is right; 0: any below 400",
    },
    contains: { type: "string", default: "", description: "Text that the answer contains" },
    slow: {
      type: "duration",
      default: "5s",
      checkTogether: checkSlow,
      description: "A slower answer is a warning",
    },
    timeout: {
      type: "duration",
      default: "10s",
      min: "1ms",
      description: "A slower answer is critical",
    },
    retries: { type: "number", default: 1, min: 0, max: 10, integer: true, description: "Retries" },
    interval: { type: "duration", default: "1m", min: "1s", description: "From look to look" },
  },
  permissions: { net: ["{url}"] },
  maps: {
    Response: {
      description: "up: whether the last answer was right; duration: how long it took, s",
      metrics: {
        up: { type: "gauge", help: "Whether the last answer was right" },
        duration: { type: "gauge", unit: "seconds", help: "How long the last answer took" },
      },
    },
  },
  run({ arguments: { url, status, contains, slow, timeout, retries, interval }, ...context }) {
    const map = context.state.map<number>("Response");
    const isRight = (code: number) => status === 0 ? code < 400 : code === status;
    const look = async () => {
      try {
        const response = await context.fetch(url, { timeout, retries });
        const text = await response.text();
        if (!isRight(response.status)) return `status ${response.status}`;
        return text.includes(contains) ? undefined : `its answer does not contain '${contains}'`;
      } catch (error) {
        return plainError(error);
      }
    };
    return context.every(interval, async () => {
      const began = context.now();
      const fault = await look();
      const seconds = (context.now() - began) / 1_000;
      map.set("up", Number(fault === undefined));
      map.set("duration", seconds);
      const isSlow = seconds * 1_000 > slow;
      const level = fault !== undefined ? "critical" : isSlow ? "warning" : "ok";
      const text = fault ?? `answered within ${seconds.toFixed(2)} s`;
      const time = { value: seconds, unit: "s", warning: `${slow / 1_000}`, min: 0 } as const;
      context.report(level, `${hideSecrets(url)}: ${hideSecrets(text)}`, { time }, {
        ttl: 3 * interval + timeout,
      });
    });
  },
});
