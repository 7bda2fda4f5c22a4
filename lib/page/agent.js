/** Speaks to the agent. */

/** Nobody is logged in, or the agent was started anew. */
export class LoggedOut extends Error {}

/** An agent that is there answers in this time, ms, */
const ANSWER_TIME = 10_000;

/** and a stream of it is silent for no longer than this, ms: it says each 5 s that it is alive. */
const SILENCE_TIME = 12_000;

/** Asks for something; a body makes it a POST. */
export async function ask(name, body) {
  const response = await fetch(`/api/${name}`, {
    method: body ? "POST" : "GET",
    signal: AbortSignal.timeout(ANSWER_TIME),
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (response.status === 401) throw new LoggedOut(answer.error);
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/**
 * Calls `takers[name]` with the data of each event, until the stream breaks or is silent for too long; then `onBreak`.
 * Returns what ends it.
 */
export function listen(takers, onBreak) {
  const source = new EventSource("/api/events?topics=status,state,log&lines=200");
  let silence;
  const end = () => {
    clearTimeout(silence);
    source.close();
  };
  const lose = () => {
    end();
    onBreak();
  };
  const hear = () => {
    clearTimeout(silence);
    silence = setTimeout(lose, SILENCE_TIME);
  };
  for (const [name, take] of Object.entries({ alive: () => {}, ...takers })) {
    source.addEventListener(name, ({ data }) => {
      hear();
      take(JSON.parse(data));
    });
  }
  source.onerror = lose;
  hear();
  return end;
}
