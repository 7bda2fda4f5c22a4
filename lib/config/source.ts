import type { Node } from "jsonc-parser";
import { places } from "./place.ts";
import type { PlacedProblem, Problem } from "./problem.ts";

/** A configuration's value as it was written, with the way back to the places in its text. */
export interface Source {
  value: unknown;
  /** Keys that cannot stand where they do: written twice, or of a meaning of their own in JavaScript. */
  problems: PlacedProblem[];
  /** Says where a problem stands: at its key when that is at fault, else at its value. */
  locate(problem: Problem): PlacedProblem;
}

/** Where a value and its key begin in the text, and the same of what it holds. */
interface Spot {
  key: number;
  value: number;
  children: Map<string, Spot>;
}

/** Reads what `tree`, the syntax tree of `text`, says. */
export function readSource(tree: Node, text: string): Source {
  const place = places(text);
  const problems: PlacedProblem[] = [];

  function read(node: Node, path: readonly string[], spot: Spot): unknown {
    if (node.type === "object") {
      const entries = (node.children ?? []).map((child) => readEntry(child, path, spot));
      return Object.fromEntries(entries.filter(([key]) => !RESERVED.has(key)));
    }
    if (node.type !== "array") return node.value;
    return node.children?.map((item, i) => readChild(item, [...path, `${i}`], item.offset, spot));
  }

  function readEntry(property: Node, parent: readonly string[], spot: Spot): [string, unknown] {
    const [name, node] = property.children as [Node, Node];
    const path = [...parent, name.value];
    const refusal = refuseKey(name.value, spot.children.get(name.value));
    if (refusal) problems.push({ path, value: undefined, ...refusal, ...place(name.offset) });
    return [name.value, readChild(node, path, name.offset, spot)];
  }

  function readChild(node: Node, path: readonly string[], key: number, parent: Spot): unknown {
    const spot = { key, value: node.offset, children: new Map() };
    const name = path.at(-1)!;
    if (!parent.children.has(name)) parent.children.set(name, spot);
    return read(node, path, spot);
  }

  function refuseKey(key: string, earlier: Spot | undefined): Refusal | undefined {
    if (RESERVED.has(key)) return { fault: "reserved name", expected: "expected another name" };
    if (!earlier) return undefined;
    const { line } = place(earlier.key);
    return { fault: `duplicate key, first on line ${line}`, expected: "keep one of the two" };
  }

  const root: Spot = { key: tree.offset, value: tree.offset, children: new Map() };
  const value = read(tree, [], root);
  return { value, problems, locate: (problem) => ({ ...problem, ...place(find(root, problem)) }) };
}

/** Keys that would reach an object's prototype. */
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

type Refusal = Required<Pick<Problem, "fault" | "expected">>;

/** The offset of a problem; of one whose key is missing, the offset of what should hold it. */
function find(root: Spot, { path, fault }: Problem): number {
  let spot = root;
  for (const key of path) spot = spot.children.get(key) ?? spot;
  return fault ? spot.key : spot.value;
}
