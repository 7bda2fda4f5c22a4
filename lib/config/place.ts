/** Where something stands in a text: both count from 1, the column in UTF-16 code units. */
export interface Place {
  line: number;
  column: number;
}

/**
 * Finds the place of each offset in `text`. A line ends with `\n`, `\r\n` or `\r`.
 *
 * The lines are looked for once, so that a hundred thousand problems are placed as fast as one.
 */
export function places(text: string): (offset: number) => Place {
  const starts = [0];
  for (const end of text.matchAll(/\r\n|\r|\n/g)) starts.push(end.index + end[0].length);
  return (offset) => {
    const line = countUpTo(starts, offset);
    return { line, column: offset - starts[line - 1]! + 1 };
  };
}

/** How many of the ascending `starts` are at `offset` or before it. */
function countUpTo(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
