/** How many problems are told in each {@linkcode SPAN}; */
const MOST = 10;

/** ms. */
const SPAN = 60_000;

/** Tells problems, and of a flood of them only the first: whoever posts garbage is not to fill the log. */
export function tellFew(
  tell: (problem: string) => void,
  now: () => number,
): (problem: string) => void {
  let since = -Infinity;
  let told = 0;
  return (problem) => {
    if (now() - since >= SPAN) [since, told] = [now(), 0];
    if (++told < MOST) tell(problem);
    else if (told === MOST) tell(`${problem}; more such within the next minute are not told`);
  };
}
