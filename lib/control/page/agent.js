/** Speaks to the agent. */

/** Nobody is logged in, or the agent was started anew. */
export class LoggedOut extends Error {}

/** Asks for something; a body makes it a POST. */
export async function ask(name, body) {
  const response = await fetch(`/api/${name}`, {
    method: body ? "POST" : "GET",
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (response.status === 401) throw new LoggedOut(answer.error);
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Calls `takers[name]` with the data of each event, until the stream breaks; then `onBreak`. Returns what ends it. */
export function listen(takers, onBreak) {
  const source = new EventSource("/api/events?topics=status,state,log&lines=200");
  for (const [name, take] of Object.entries(takers)) {
    source.addEventListener(name, ({ data }) => take(JSON.parse(data)));
  }
  source.onerror = () => {
    source.close();
    onBreak();
  };
  return () => source.close();
}
