import { defineDaemon } from "icinga-warden/daemon";

export default defineDaemon({
  name: "http_poller",
  arguments: { url: { type: "string", description: "The address to ask" } },
  permissions: { net: ["{url}"] },
  maps: {
    Answers: {
      description: "duration: of the last answer, s",
      metrics: { duration: { type: "gauge", unit: "seconds", help: "Time of the last answer" } },
    },
  },
  run({ arguments: { url }, ...context }) {
    return context.every("1m", async () => {
      const began = context.now();
      const answer = await context.fetch(url, { timeout: "10s", retries: 2 }).catch(String);
      const duration = (context.now() - began) / 1000;
      context.state.map("Answers").set("duration", duration);
      const text = typeof answer === "string" ? answer : `status ${answer.status}`;
      const isWell = typeof answer !== "string" && answer.ok;
      context.report(isWell ? "ok" : "critical", text, { time: { value: duration, unit: "s" } });
    }, { jitter: "5s" });
  },
});
