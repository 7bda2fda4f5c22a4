import { excerpt, formatTime } from "../../base/mod.ts";
import { parsePauseTime, PAUSE_TIMES, type ServiceStatus } from "../../control/mod.ts";
import { checkServiceName } from "../../service/mod.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { printError } from "../output.ts";
import { connectAgent, pasted } from "../paths.ts";

/** `icinga-warden pause` */
export const pauseCommand: Command = {
  name: "pause",
  words: "[DURATION]",
  summary: "pause the running agent for maintenance: nothing is restarted",
  details: [
    "With a duration, such as 30m, it ends without a command, also after a restart of the agent or the host;",
    "without one, by 'icinga-warden resume' or the agent's next start.",
  ],
  flags: { service: { value: "NAME", help: "pause this service alone: it is left alone" } },
  async run(invocation) {
    const [duration] = invocation.words;
    if (duration !== undefined && parsePauseTime(duration) === undefined) {
      throw new UsageError(
        `'${
          excerpt(duration)
        }' is not a valid duration for a pause; write one such as ${PAUSE_TIMES}`,
      );
    }
    const service = readService(invocation);
    const client = await connectAgent(invocation);
    await client.post("/api/pause", {
      ...(duration !== undefined && { duration }),
      ...(service !== undefined && { service }),
    });
    const { maintenance, services, agent: { troubles } } = await client.status();
    const unsaved = troubles.find(({ kind }) => kind === "state");
    if (unsaved && duration !== undefined) {
      printError(`icinga-warden: The pause will end with the agent: ${unsaved.text}`);
    }
    if (service === undefined) {
      const text = `Paused ${describePauseEnd(maintenance?.until)}: nothing is restarted`;
      return { json: { maintenance }, text };
    }
    const { name = service, paused = null } = services.find(isCalled(service)) ?? {};
    const end = describePauseEnd(paused?.until, name ?? service);
    return { json: { service: name, paused }, text: `Paused ${name} ${end}: it is left alone` };
  },
};

/** `icinga-warden resume` */
export const resumeCommand: Command = {
  name: "resume",
  words: "",
  summary: "end a pause of the running agent",
  flags: { service: { value: "NAME", help: "end the pause of this service alone" } },
  async run(invocation) {
    const service = readService(invocation);
    const client = await connectAgent(invocation);
    const { wasPaused } = await client.post<{ wasPaused: boolean }>(
      "/api/resume",
      service === undefined ? {} : { service },
    );
    if (service === undefined) {
      const text = wasPaused ? "Resumed" : notPaused((await client.status()).services);
      return { json: { maintenance: null, wasPaused }, text };
    }
    const text = wasPaused ? `Resumed ${service}` : `${service} was not paused`;
    return { json: { service, paused: null, wasPaused }, text };
  },
};

/** @throws {UsageError} when no service can have the name. */
function readService({ values: { service } }: Invocation): string | undefined {
  const expected = service === undefined ? undefined : checkServiceName(service);
  if (expected === undefined) return service;
  throw new UsageError(`Flag '--service' is '${excerpt(service!)}'; ${expected}`);
}

function notPaused(services: readonly ServiceStatus[]): string {
  const paused = services.flatMap(({ name, paused }) => paused === null ? [] : name ?? []);
  const alone = paused.map((name) => `; ${name} is: ${describeResume(name)}`);
  return `The agent was not paused${alone.join("")}`;
}

function isCalled(name: string) {
  return (service: ServiceStatus) => service.name?.toLowerCase() === name.toLowerCase();
}

/** When a pause ends: `until 2026-11-24 06:12:03Z`. @param service the one that is paused. Default: the agent. */
export function describePauseEnd(until: string | null | undefined, service?: string): string {
  return `until ${until ? formatTime(until) : describeResume(service)}`;
}

/** The command that ends a pause, to be pasted. */
function describeResume(service?: string): string {
  return `'icinga-warden resume${service === undefined ? "" : ` --service ${pasted(service)}`}'`;
}
