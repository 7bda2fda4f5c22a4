/** The thread name of the agent's own thread, which owns `Agent.*` and gives saved state back. */
export const MAIN_THREAD = "main";

/**
 * A thread's name, `<daemon>::<task>::<name>::<index>`, for example
 * `icinga_agent_service::run::Main::0`.
 *
 * @param index counts up from 0 when the same thread is added again.
 */
export function threadName(daemon: string, task: string, name: string, index: number): string {
  return [daemon, task, name, index].join("::");
}

/** Where a daemon's map stands in the public state: `Daemons.<daemon>.<map>`. */
export function mapPath(daemon: string, map: string): string {
  return `Daemons.${daemon}.${map}`;
}

/** Whether a thread may write a map: the agent's own thread any, a daemon's thread its daemon's. */
export function mayWrite(thread: string, path: string): boolean {
  if (thread === MAIN_THREAD) return true;
  const [daemon] = thread.split("::");
  return path.startsWith(mapPath(daemon!, ""));
}
