import { fileURLToPath } from "node:url";
import * as Y from "yjs";
import { MainState } from "../../../lib/state/mod.ts";
import { median } from "../process.ts";
import type { Row } from "../row.ts";
import {
  countingChannel,
  joinState,
  MAP,
  rawRig,
  Receiver,
  type Rig,
  stateRig,
  turn,
} from "./rig.ts";

const ROUNDS = 5;

/** The public state's figures, each in turns with what it is held against. */
export async function stateRows(): Promise<Row[]> {
  // Deno leaves a channel deaf that is opened right after a thread has closed its last one: this one stays open.
  const open = new BroadcastChannel("bench");
  const rows = await measureAll();
  open.close();
  return rows;
}

async function measureAll(): Promise<Row[]> {
  return [
    await rateRow(1),
    await rateRow(4),
    await burstRow(1),
    await burstRow(4),
    await largeRow(),
    await latencyRow(1),
    await latencyRow(4),
    ...await yjsRows(),
    readRow(),
    await snapshotRow(),
    ...await memoryRows(),
  ];
}

/** Messages of one set each, as many under way as a channel holds without loss. */
async function rateRow(receivers: number): Promise<Row> {
  const [count, underWay] = [10_000, 100];
  const [state, raw] = await inTurns(receivers, async (rig) => {
    const begin = performance.now();
    for (let sent = 0; sent < count; sent += underWay) {
      const arrived = rig.receivers.map((receiver) =>
        receiver.tell({ do: "count", count: underWay })
      );
      for (let i = sent; i < sent + underWay; i++) {
        rig.set(`key${i % 1000}`, i);
        await turn();
      }
      await Promise.all(arrived);
    }
    return count / (performance.now() - begin) * 1000;
  });
  return {
    figure: `sets a second, one a turn, ${receivers} receiver${receivers > 1 ? "s" : ""}`,
    measured: `${thousands(state)}/s`,
    baseline: `raw messages ${thousands(raw)}/s`,
    ratio: times(state / raw),
    target: "≥ 0.5 ×",
    met: state / raw >= 0.5,
  };
}

/** Sets of one key, all in one turn, until the last value is there. */
async function burstRow(receivers: number): Promise<Row> {
  const count = 100_000;
  let round = 0;
  const [state, raw] = await inTurns(receivers, async (rig) => {
    const value = ++round * count;
    const seen = rig.receivers.map((receiver) => receiver.tell({ do: "see", key: "burst", value }));
    await turn();
    const begin = performance.now();
    for (let i = 1; i <= count; i++) rig.set("burst", value - count + i);
    await Promise.all(seen);
    return performance.now() - begin;
  });
  return {
    figure: `a burst of 100,000 sets of one key, ${receivers} receiver${receivers > 1 ? "s" : ""}`,
    measured: `${state.toFixed(1)} ms`,
    baseline: `raw ${raw.toFixed(0)} ms`,
    ratio: `${times(raw / state)} faster`,
    target: "≥ 5 × faster",
    met: raw / state >= 5,
  };
}

/** Large values, one a turn, until the last one is there. */
async function largeRow(): Promise<Row> {
  const [count, text] = [40, "x".repeat(250_000)];
  let round = 0;
  const [state, raw] = await inTurns(4, async (rig) => {
    const value = ++round;
    const seen = rig.receivers.map((receiver) => receiver.tell({ do: "see", key: "last", value }));
    const begin = performance.now();
    for (let i = 0; i < count; i++) {
      rig.set(`large ${i}`, `${round}${text}`);
      await turn();
    }
    rig.set("last", value);
    await Promise.all(seen);
    return performance.now() - begin;
  });
  return {
    figure: "40 values of 250,000 characters, 4 receivers",
    measured: `${state.toFixed(0)} ms`,
    baseline: `raw ${raw.toFixed(0)} ms`,
    ratio: `${times(raw / state)} faster`,
    target: "≥ 3 × faster",
    met: raw / state >= 3,
  };
}

/** From a set here to the event of its echo here, half of it. */
async function latencyRow(receivers: number): Promise<Row> {
  const [state, raw] = await inTurns(receivers, async (rig) => {
    let arrive = (_value: number) => {};
    rig.onPong((value) => arrive(value));
    await rig.receivers[0]!.tell({ do: "echo" });
    const taken: number[] = [];
    for (let i = 0; i < 2_000; i++) {
      const begin = performance.now();
      await new Promise<void>((resolve) => {
        arrive = (value) => value === i && resolve();
        rig.set("ping", i);
      });
      taken.push((performance.now() - begin) / 2);
    }
    return median(taken) * 1000;
  });
  return {
    figure: `one set to the remote event, ${receivers} receiver${receivers > 1 ? "s" : ""}`,
    measured: `${state.toFixed(0)} µs`,
    baseline: `raw ${raw.toFixed(0)} µs`,
    ratio: times(state / raw),
    target: "≤ 1.5 ×",
    met: state / raw <= 1.5,
  };
}

/** What 20,000 sets cost, until the receiver is right. */
interface Cost {
  ms: number;
  bytes: number;
}

const KEYS = 100;
const SETS = 20_000;
const SETS_A_TURN = 200;

async function yjsRows(): Promise<Row[]> {
  const costs = { state: [] as Cost[], yjs: [] as Cost[], grouped: [] as Cost[] };
  for (let round = 0; round < 5; round++) {
    costs.state.push(await stateCost());
    costs.yjs.push(await yjsCost(false));
    costs.grouped.push(await yjsCost(true));
  }
  const of = (list: Cost[], what: keyof Cost) => median(list.map((cost) => cost[what]));
  const [ms, bytes] = [of(costs.state, "ms"), of(costs.state, "bytes")];
  return ([["yjs", "", 10, 5], ["grouped", ", a Yjs transaction a turn", 1, 1]] as const).flatMap(
    ([kind, name, faster, fewer]): Row[] => {
      const [yjsMs, yjsBytes] = [of(costs[kind], "ms"), of(costs[kind], "bytes")];
      return [
        {
          figure: `20,000 sets of 100 keys, 200 a turn, until right${name}`,
          measured: `${ms.toFixed(0)} ms`,
          baseline: `Yjs ${yjsMs.toFixed(0)} ms`,
          ratio: `${times(yjsMs / ms)} faster`,
          target: `≥ ${faster} × faster`,
          met: yjsMs / ms >= faster,
        },
        {
          figure: `the bytes of that${name}`,
          measured: kilobytes(bytes),
          baseline: `Yjs ${kilobytes(yjsBytes)}`,
          ratio: `${times(yjsBytes / bytes)} fewer`,
          target: `≥ ${fewer} × fewer`,
          met: yjsBytes / bytes >= fewer,
        },
      ];
    },
  );
}

async function stateCost(): Promise<Cost> {
  let channel: ReturnType<typeof countingChannel> | undefined;
  const state = new MainState({
    thread: "sender",
    openChannel: (name) => channel = countingChannel(name),
  });
  const map = state.map<string, number>(MAP);
  const receiver = new Receiver();
  await joinState(state, receiver);
  const cost = await costOf(receiver, channel!, (sets) => {
    for (const [key, value] of sets) map.set(key, value);
  });
  await receiver.end();
  state.close();
  return cost;
}

async function yjsCost(isGrouped: boolean): Promise<Cost> {
  const name = crypto.randomUUID();
  const channel = countingChannel(name);
  const document = new Y.Doc();
  const map = document.getMap<number>(MAP);
  document.on("update", (update) => channel.postMessage(update));
  channel.onmessage = ({ data: [vector] }) =>
    channel.postMessage(Y.encodeStateAsUpdate(document, vector));
  const receiver = new Receiver();
  await receiver.tell({ do: "yjs", name });
  const cost = await costOf(receiver, channel, (sets) => {
    const setAll = () => {
      for (const [key, value] of sets) map.set(key, value);
    };
    if (isGrouped) document.transact(setAll);
    else setAll();
  });
  await receiver.end();
  channel.close();
  return cost;
}

async function costOf(
  receiver: Receiver,
  channel: { bytes: number },
  setAll: (sets: [string, number][]) => void,
): Promise<Cost> {
  const values = Object.fromEntries(
    Array.from({ length: KEYS }, (_, key) => [`key${key}`, SETS - KEYS + key]),
  );
  const isRight = receiver.tell({ do: "equal", values });
  await turn();
  const [begin, before] = [performance.now(), channel.bytes];
  for (let i = 0; i < SETS; i += SETS_A_TURN) {
    setAll(Array.from({ length: SETS_A_TURN }, (_, k) => [`key${(i + k) % KEYS}`, i + k]));
    await turn();
  }
  await isRight;
  return { ms: performance.now() - begin, bytes: channel.bytes - before };
}

function readRow(): Row {
  const state = new MainState({ thread: "reader" });
  const replicated = state.map<string, number>(MAP);
  const plain = new Map<string, number>();
  const keys = Array.from({ length: 10_000 }, (_, i) => `key${i}`);
  keys.forEach((key, i) => replicated.set(key, plain.set(key, i).size));
  const figures = { plain: [] as number[], replicated: [] as number[] };
  for (let round = 0; round < 50; round++) {
    figures.plain.push(timeReads(plain, keys));
    figures.replicated.push(timeReads(replicated, keys));
  }
  state.close();
  const [ours, theirs] = [median(figures.replicated), median(figures.plain)];
  return {
    figure: "a get of 10,000 keys",
    measured: `${ours.toFixed(1)} ns`,
    baseline: `plain Map ${theirs.toFixed(1)} ns`,
    ratio: times(ours / theirs),
    target: "≤ 2 ×",
    met: ours / theirs <= 2,
  };
}

/** A get, ns. */
function timeReads(map: { get(key: string): number | undefined }, keys: string[]): number {
  const [begin, turns] = [performance.now(), 20];
  let sum = 0;
  for (let i = 0; i < turns; i++) for (const key of keys) sum += map.get(key)!;
  if (sum < 0) throw new Error("no sum");
  return (performance.now() - begin) / turns / keys.length * 1e6;
}

async function snapshotRow(): Promise<Row> {
  const state = new MainState({ thread: "sender" });
  const map = state.map<string, unknown>(MAP);
  for (let i = 0; i < 100_000; i++) map.set(`key${i}`, i);
  await turn();
  const taken: number[] = [];
  for (let round = 0; round < 5; round++) {
    const receiver = new Receiver();
    taken.push(await joinState(state, receiver));
    await receiver.tell({ do: "equal", values: { key99999: 99_999 } });
    await receiver.end();
  }
  state.close();
  return {
    figure: "a snapshot of 100,000 keys to a joiner",
    measured: `${median(taken).toFixed(0)} ms`,
    baseline: "",
    ratio: "",
    target: "< 250 ms",
    met: median(taken) < 250,
  };
}

/** A copy that joined, and a plain Map, each in a process of its own. */
async function memoryRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const content of ["numbers", "objects"]) {
    const [ours, theirs] = await Promise.all(
      ["copy", "plain"].map(async (kind) => {
        const { stdout } = await new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
            ...[fileURLToPath(import.meta.resolve("./memory.ts")), kind, content],
          ],
          stderr: "inherit",
        }).output();
        return Number(new TextDecoder().decode(stdout));
      }),
    );
    rows.push({
      figure: `memory of a copy of 100,000 ${content}`,
      measured: `${(ours! / 1e6).toFixed(1)} MB`,
      baseline: `plain Map ${(theirs! / 1e6).toFixed(1)} MB`,
      ratio: times(ours! / theirs!),
      target: "≤ 1.2 ×",
      met: ours! / theirs! <= 1.2,
    });
  }
  return rows;
}

/** A figure of the state and of the raw channel, medians of rounds in turn. */
async function inTurns(
  receivers: number,
  run: (rig: Rig) => Promise<number>,
): Promise<[state: number, raw: number]> {
  const rigs = [await stateRig(receivers), await rawRig(receivers)];
  const figures: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const [i, rig] of rigs.entries()) {
      const figure = await run(rig);
      if (round > 0) figures[i]!.push(figure);
    }
  }
  for (const rig of rigs) await rig.end();
  return [median(figures[0]), median(figures[1])];
}

function thousands(figure: number): string {
  return Math.round(figure).toLocaleString("en");
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
