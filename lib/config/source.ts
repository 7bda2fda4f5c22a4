import {
  createScanner,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { excerpt, positions, type Problem, RESERVED_KEYS } from "../base/mod.ts";
import type { PlacedProblem } from "./problem.ts";

/** A configuration's value as it was written, with the way back to the positions in its text. */
export interface Source {
  value: unknown;
  /** Keys that cannot stand where they do: written twice, or of a meaning of their own in JavaScript. */
  problems: PlacedProblem[];
  /** Finds the place of a problem: its key if the key is wrong, else its value. */
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
  const place = positions(text);
  const problems: PlacedProblem[] = [];

  function read(node: Node, path: readonly string[], spot: Spot): unknown {
    if (node.type === "object") {
      const entries = (node.children ?? []).map((child) => readEntry(child, path, spot));
      return Object.fromEntries(entries.filter(([key]) => !RESERVED_KEYS.has(key)));
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
    if (RESERVED_KEYS.has(key)) {
      return { fault: "reserved name", expected: "expected another name" };
    }
    if (!earlier) return undefined;
    const { line } = place(earlier.key);
    return { fault: `duplicate key, first on line ${line}`, expected: "keep one of the two" };
  }

  const root: Spot = { key: tree.offset, value: tree.offset, children: new Map() };
  const value = read(tree, [], root);
  return { value, problems, locate: (problem) => ({ ...problem, ...place(find(root, problem)) }) };
}

type Refusal = Required<Pick<Problem, "fault" | "expected">>;

/** The offset of a problem; of one whose key is missing, the offset of what should hold it. */
function find(root: Spot, { path, fault }: Problem): number {
  let spot = root;
  for (const key of path) spot = spot.children.get(key) ?? spot;
  return fault ? spot.key : spot.value;
}

/** How deep objects and arrays may be nested. The parser calls itself for each level. */
const MAX_DEPTH = 32;

/**
 * Reads JSON with comments and trailing commas.
 *
 * @returns the syntax tree, or what is wrong: of each line the first problem only, since the others
 * follow from it.
 */
export function readSyntax(text: string): Node | PlacedProblem[] {
  const place = positions(text);
  const deep = findTooDeep(text);
  if (deep !== undefined) {
    const expected = `expected at most ${MAX_DEPTH} levels of brackets`;
    return [{ path: [], value: undefined, fault: "nested too deep", expected, ...place(deep) }];
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  if (tree && errors.length === 0) return tree;
  if (isEmpty(text, tree, errors)) return [EMPTY];
  const end = tree && tree.length > 0 ? tree.offset + tree.length : text.length;
  const problems = errors.map((error) => ({
    ...explain(error, text, end),
    ...place(error.offset),
  }));
  return problems.filter(({ line }, i) => line !== problems[i - 1]?.line);
}

/** An empty file is most likely one whose writing failed: the defaults would hide that. */
const EMPTY: PlacedProblem = {
  path: [],
  value: undefined,
  fault: "is empty",
  expected: "delete it to run with the defaults, or delete it and run 'icinga-warden config init'",
};

/** Nothing but blanks and comments; or zero bytes, which a power failure leaves behind on NTFS. */
function isEmpty(text: string, tree: Node | undefined, errors: readonly ParseError[]): boolean {
  const isOnlyTrivia = tree === undefined && errors.length === 1 && errors[0]?.length === 0;
  return isOnlyTrivia || /^\0+$/.test(text);
}

/** The offset of the first bracket that opens a level too many. */
function findTooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const token = text[scanner.getTokenOffset()];
    if (token === "{" || token === "[") depth++;
    if (token === "}" || token === "]") depth--;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
  return undefined;
}

const BACKSLASH = String.raw`write \\ for a backslash`;

/** What is wrong about a piece of text, and what would be right, by the parser's name for the error. */
const WORDS: Readonly<Record<string, readonly [fault: string, expected: string]>> = {
  InvalidSymbol: ["unexpected", "keys and text stand in double quotes"],
  InvalidNumberFormat: ["not a number:", "expected digits"],
  PropertyNameExpected: ["unexpected", "expected a key in double quotes"],
  ValueExpected: ["unexpected", "expected a value"],
  ColonExpected: ["unexpected", 'expected ":" after the key'],
  CommaExpected: ["unexpected", 'expected "," before it'],
  CloseBraceExpected: ["unexpected", 'expected "}"'],
  CloseBracketExpected: ["unexpected", 'expected "]"'],
  EndOfFileExpected: ["unexpected", "expected nothing after the configuration"],
  UnexpectedEndOfComment: ["comment without an end:", 'expected "*/"'],
  UnexpectedEndOfString: ["text without an end on its line:", "expected a closing double quote"],
  UnexpectedEndOfNumber: ["unfinished number", "expected digits"],
  InvalidUnicode: ["unknown escape in", `${BACKSLASH}, or four hexadecimal digits after \\u`],
  InvalidEscapeCharacter: ["unknown escape in", BACKSLASH],
  InvalidCharacter: [
    "control character in",
    String.raw`write it as an escape such as \t or \u0007`,
  ],
};

/** @param end where the configuration has ended: a word behind it is too much, with or without quotes. */
function explain({ error, offset, length }: ParseError, text: string, end: number): PlacedProblem {
  const code = printParseErrorCode(error);
  const kind = code === "InvalidSymbol" && offset >= end ? "EndOfFileExpected" : code;
  const [fault, expected] = WORDS[kind] ?? ["unexpected", "expected JSON"];
  const found = length === 0 ? "end of the file" : excerpt(text.slice(offset, offset + length));
  return { path: [], value: undefined, fault: `${fault} ${found}`, expected };
}
