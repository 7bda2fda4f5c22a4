import { Knowledge, settledFloor } from "./knowledge.ts";
import { type Answer, type Beat, type Bye, encode, type Message, readMessage } from "./message.ts";
import { Questions } from "./questions.ts";
import { threadOf } from "./stamp.ts";
import type { Store } from "./store.ts";

/** How often a copy says all that it knows, ms; the keeper, as long as anybody writes; and every other copy. */
const FULL_EVERY = { busyKeeper: 9_000, other: 30_000 };

/** A copy that was not heard for so long has departed, ms: three beats and a little. */
const LEASE = 35_000;

/** A copy that nobody but the first has heard for so long introduces itself before it writes, ms. */
const INTRODUCED_FOR = LEASE / 2;

/** A copy that departed is remembered for so long, ms, in case that it was only very busy. */
const MEMORY = 3_600_000;

/** A message whose counter is so far ahead is not believed: a few would use up all counters that there are. */
const LONGEST_LEAP = 2 ** 40;

/** What a {@linkcode Replica} is made of. */
export interface ReplicaOptions {
  writer: string;
  store: Store;
  /** Sends a message to every other copy; to `to` alone, where that is given and can be. */
  post: (message: readonly unknown[], to?: string) => void;
  /** Sends a message to the first copy and wakes nobody else, where there is a line to it. */
  postToFirst: ((message: readonly unknown[]) => void) | undefined;
  onProblem: (problem: string) => void;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
}

/** Another copy, as far as it has told. */
interface Peer {
  readonly writer: string;
  readonly known: Knowledge;
  /** When it was last heard, ms. */
  heard: number;
  /** When it was last asked, ms. */
  asked: number;
  /** How often it has said that it is new. */
  hellos: number;
}

/**
 * One copy's side of the protocol: what it sends and how it takes what it receives. It has no timers: somebody calls
 * {@linkcode flush} at the end of a turn, {@linkcode beat} and {@linkcode retry} now and then.
 */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #questions: Questions;
  readonly #peers = new Map<string, Peer>();
  /** Writers that are not peers, and since when, ms. */
  readonly #departed = new Map<string, number>();
  readonly #joined = Promise.withResolvers<void>();
  #isJoined = false;
  #isKeeper = false;
  /** The copy that is to give its whole state, since this one was left out of its floor. */
  #source: string | undefined;
  #isNudging = false;
  /** When it last looked for copies that have fallen silent, ms. */
  #swept: number;
  /** The keeper's writer, once it was heard. */
  #keeper: string | undefined;
  /** When this copy last said all that it knows, and when everybody last heard from it, ms. */
  #saidAll = -Infinity;
  #introduced = -Infinity;
  /** The last write of all when it last said to everybody all that it knows. */
  #saidWrote = 0;
  /** What it had written when everybody last heard how far that goes. */
  #toldWrote = 0;
  #hellos = 0;
  /** Whether somebody seems to know more, who is asked if that is so a little later still. */
  #isLate = false;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#questions = new Questions(options.now);
    this.#swept = options.now();
  }

  /** Resolves once this copy has the state of the others. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** Whether this copy has the state of the others. */
  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Whether an answer is awaited, or is to be asked for soon. */
  get isAsking(): boolean {
    return this.#questions.isWaiting || this.#isLate;
  }

  /** How often it has asked another copy for what it had missed, or for all when it joined. */
  get questions(): number {
    return this.#questions.count;
  }

  /** Whether the others should soon hear a beat: some copy was left out, or was deceived. */
  get isNudging(): boolean {
    return this.#isNudging;
  }

  /** Whether anybody has been heard who has the state. */
  get hasPeers(): boolean {
    return [...this.#peers.values()].some(({ known }) => known.heads.size > 0);
  }

  /** Asks who is there: on a line to the first copy, and everybody when that does not answer. */
  hello(): void {
    this.#sweep();
    const { writer, post, postToFirst } = this.#options;
    const greet = this.#hellos++ === 0 && postToFirst || post;
    greet(encode.hello(writer));
  }

  /** Starts from what this copy has. The first copy keeps the floor; there is one. */
  found(isKeeper: boolean): void {
    if (this.#isJoined) return;
    this.#isKeeper = isKeeper;
    this.#questions.drop();
    this.#join();
  }

  /** Sends what was written since the last time. */
  flush(): void {
    const { store, writer, post, postToFirst } = this.#options;
    const batch = this.#isJoined ? store.takeBatch() : undefined;
    if (!batch) return;
    const { previous, counter, rows } = batch;
    if (postToFirst && this.#isForgotten()) {
      post(encode.tip(writer, previous, previous, store.known));
    }
    this.#introduced = this.#options.now();
    post(encode.writes(writer, previous, counter, rows));
  }

  /** Whether others may not know this copy any more, and would take its writes for those of one that was left out. */
  #isForgotten(): boolean {
    return this.#options.now() - this.#introduced >= INTRODUCED_FOR;
  }

  /**
   * Says that this copy lives and what it wrote, and now and then all that it knows: whoever missed something learns of
   * it. All at each beat would be too much where many live, since everybody reads it.
   */
  beat(): void {
    if (!this.#isJoined) return;
    const { store, writer, post, now } = this.#options;
    this.flush();
    if (this.#isNudging) return this.#sayAll();
    const isBusyKeeper = this.#isKeeper && store.known.latestWrite() > this.#saidWrote;
    const every = FULL_EVERY[isBusyKeeper ? "busyKeeper" : "other"];
    if (now() - this.#saidAll >= every) {
      this.#saidAll = now();
      // The keeper needs it, and tells the others what they do not know.
      return this.#sayAll(this.#keeper && this.#peers.get(this.#keeper)?.writer);
    }
    store.tell();
    this.#sweep();
    const tip = encode.tip(writer, store.wrote, store.clock, store.known);
    // That it lives the first copy alone has to know; of writes that were lost, everybody.
    const isQuiet = store.wrote === this.#toldWrote;
    if (isQuiet && this.#lineToFirst) return this.#lineToFirst(tip);
    this.#noteTold();
    post(tip);
  }

  #noteTold(): void {
    this.#toldWrote = this.#options.store.wrote;
    this.#introduced = this.#options.now();
  }

  /** The line to the first copy, as long as that is heard. */
  get #lineToFirst(): ReplicaOptions["postToFirst"] {
    return this.#keeper !== undefined && this.#peers.has(this.#keeper)
      ? this.#options.postToFirst
      : undefined;
  }

  /** @param to the copy that it is for; everybody unless told. */
  #sayAll(to?: string): void {
    const { store, writer, post, now } = this.#options;
    if (to === undefined) {
      this.#saidAll = now();
      this.#saidWrote = store.known.latestWrite();
      this.#isNudging = false;
      this.#noteTold();
    }
    const counter = store.tell();
    this.#sweep();
    post(encode.beat(writer, store.wrote, counter, store.known, this.#isKeeper), to);
  }

  /** Says goodbye, and once more what not everybody is known to have heard: nobody can ask afterwards. */
  leave(): void {
    if (!this.#isJoined) return;
    const { store, writer, post } = this.#options;
    this.flush();
    store.tell();
    const heard = [...this.#peers.values()].map(({ known }) => known.of(writer));
    const previous = Math.min(store.wrote, ...heard);
    const rows = store.ownRowsSince(previous);
    const send = rows.length === 0 && this.#lineToFirst || post;
    send(encode.bye(writer, previous, store.clock, store.known, rows));
  }

  /** Asks somebody else when an answer takes too long. */
  retry(): void {
    if (!this.#questions.isWaiting) return this.#catchUp();
    if (!this.#questions.giveUp()) return;
    if (this.#isJoined) this.#catchUp();
    else this.hello();
  }

  /** Takes a message; one that is none is reported and changes nothing. */
  receive(data: unknown): void {
    const { store, writer, onProblem } = this.#options;
    const message = readMessage(data);
    if (!message) return onProblem("The public state ignored a message that is none of its own");
    if (this.#isJoined && latest(message) > store.clock + LONGEST_LEAP) {
      return onProblem(
        `The public state ignored a forged message: no writes of '${
          threadOf(message.from)
        }' can be that late`,
      );
    }
    if (message.from === writer) {
      // The others have believed it: what is true is written again.
      store.writeOwnAgain(latest(message));
      this.#isNudging = true;
      return onProblem(
        `The public state ignored a forged message: it claims to be from here, '${
          threadOf(writer)
        }'`,
      );
    }
    // What is written from here on has seen the message, and what was written before has not.
    store.seal();
    this.#take(message, this.#hear(message.from));
  }

  #take(message: Message, peer: Peer): void {
    switch (message.type) {
      case "writes":
        return this.#takeWrites(message, peer);
      case "beat":
        return this.#takeBeat(message, peer);
      case "tip":
        return this.#takeTip(message, peer);
      case "hello":
        return this.#greet(peer);
      case "ask":
        return this.#takeAsk(message, peer);
      case "answer":
        return this.#takeAnswer(message, peer);
      case "bye":
        return this.#takeBye(message, peer);
    }
  }

  /**
   * The first hello is answered by the keeper, the next by one copy more, and each further one by twice as many: were
   * all to answer, that would be a storm where many live, and one answer is enough.
   */
  #greet(newcomer: Peer): void {
    newcomer.hellos++;
    const { writer } = this.#options;
    const before = [...this.#peers.values()].filter((peer) =>
      peer.writer < writer && peer.known.heads.size > 0
    );
    const rank = this.#isKeeper ? 0 : 1 + before.length;
    if (rank < 2 ** (newcomer.hellos - 1) && this.#isJoined) this.#sayAll(newcomer.writer);
  }

  #takeWrites(message: Message & { type: "writes" }, peer: Peer): void {
    const { previous, counter, groups, rows } = message;
    const { store } = this.#options;
    peer.known.learn(peer.writer, counter);
    if (!this.#isJoined || this.#isOutsider(peer)) return;
    if (counter <= store.known.of(peer.writer)) return;
    // What follows a gap is left out too: were its writer to die, nobody would ever ask for it.
    if (previous > store.known.of(peer.writer)) return this.#catchUp();
    store.merge(groups, rows);
    store.learn(peer.writer, counter);
  }

  #takeBeat({ wrote, counter, known, isKeeper }: Beat, peer: Peer): void {
    const { store } = this.#options;
    if (isKeeper) this.#keeper = peer.writer;
    peer.known.follow(known);
    if (!this.#isJoined) return this.#ask(peer);
    if (this.#isOutsider(peer) || !this.#adopt(known, peer)) return;
    if (wrote > store.known.of(peer.writer)) return this.#catchUp();
    store.learn(peer.writer, counter, wrote);
    store.keepUp(known);
    this.#catchUpLater();
  }

  #takeTip({ wrote, counter, known }: Message & { type: "tip" }, peer: Peer): void {
    const { store } = this.#options;
    peer.known.follow(known);
    if (!this.#isJoined) return this.#ask(peer);
    if (this.#isOutsider(peer)) return;
    if (wrote <= store.known.of(peer.writer)) store.learn(peer.writer, counter, wrote);
    else this.#catchUp();
  }

  #takeAsk({ from, to, id, known }: Message & { type: "ask" }, peer: Peer): void {
    if (known) {
      peer.known.follow(known);
    }
    if (to !== this.#options.writer || !this.#isJoined) return;
    const { store, writer, post } = this.#options;
    const whole = known === null || this.#isOutsider(peer);
    const rows = store.rowsSince(whole ? undefined : known);
    post(encode.answer(writer, { to: from, id, whole, known: store.known, rows }), from);
  }

  #takeAnswer(answer: Answer, peer: Peer): void {
    const { store, writer } = this.#options;
    if (answer.to !== writer || !this.#questions.accept(answer.id, answer.from)) return;
    const { known, groups, rows, whole } = answer;
    peer.known.follow(known);
    if (this.#isOutsider(peer)) return this.#catchUp();
    if (whole) {
      this.#source = undefined;
      this.#questions.drop();
      const knowsMore = store.load(groups, rows, known);
      this.#join();
      this.#saidAll = knowsMore ? -Infinity : this.#options.now();
      this.#introduced = -Infinity;
      this.beat();
    } else if (!this.#isJoined || !this.#adopt(known, peer)) {
      return;
    } else {
      store.merge(groups, rows);
      store.absorb(known);
    }
    this.#catchUpLater();
  }

  #takeBye({ previous, counter, known, groups, rows }: Bye, peer: Peer): void {
    const { store } = this.#options;
    this.#peers.delete(peer.writer);
    this.#questions.leave(peer.writer);
    if (this.#source === peer.writer) this.#source = undefined;
    if (!this.#isJoined || this.#isOutsider(peer) || !this.#adopt(known, peer)) return;
    if (previous <= store.known.of(peer.writer)) {
      store.merge(groups, rows);
      store.learn(peer.writer, counter, known.wroteOf(peer.writer));
    }
    this.#catchUp();
  }

  #join(): void {
    this.#isJoined = true;
    this.#joined.resolve();
  }

  #hear(from: string): Peer {
    let peer = this.#peers.get(from);
    if (!peer) {
      const { floor } = this.#options.store.known;
      const known = new Knowledge(undefined, [], floor.members.get(from));
      peer = { writer: from, known, heard: 0, asked: -Infinity, hellos: 0 };
      this.#peers.set(from, peer);
    }
    peer.heard = this.#options.now();
    return peer;
  }

  /**
   * Whether a copy was left out of this one's floor, or has seen writes of one that was, and has not started again: what
   * it says does not fit in.
   */
  #isOutsider({ writer, known }: Peer): boolean {
    const { floor } = this.#options.store.known;
    const isOut = known.floor.counter < floor.counter &&
      (floor.members.get(writer) !== known.life || known.hasStrays(floor));
    if (isOut) this.#isNudging = true;
    return isOut;
  }

  /**
   * Takes over a higher floor. False when that cannot be, since this copy was left out, or it has seen writes of
   * a copy that was: then it starts again from the state of who told.
   */
  #adopt({ floor }: Knowledge, peer: Peer): boolean {
    const { store, writer } = this.#options;
    const mine = store.known.floor;
    if (floor.counter <= mine.counter) return this.#source === undefined;
    if (floor.members.get(writer) !== store.known.life || store.known.hasStrays(floor)) {
      this.#source = peer.writer;
      this.#ask(peer);
      return false;
    }
    store.known.raise(floor);
    this.#collect();
    return this.#source === undefined;
  }

  /** Sweeps copies that have fallen silent; the keeper then sees what is settled. */
  #sweep(): void {
    const { store, writer, now } = this.#options;
    // Who was busy for long itself has heard nobody: that is nobody else's fault.
    const wasBusy = now() - this.#swept > LEASE / 2;
    this.#swept = now();
    for (const peer of this.#peers.values()) {
      if (wasBusy) peer.heard = now();
      if (now() - peer.heard < LEASE) continue;
      this.#peers.delete(peer.writer);
      if (this.#source === peer.writer) this.#source = undefined;
    }
    if (!this.#isKeeper || this.#source) return;
    const living = new Map([...this.#peers.values()].map((peer) => [peer.writer, peer.known]));
    if (store.known.raise(settledFloor(living.set(writer, store.known)))) this.#collect();
  }

  #collect(): void {
    const { store, writer, now } = this.#options;
    const { known } = store;
    for (const head of this.#departed.keys()) {
      if (this.#isLiving(head) || !known.heads.has(head)) this.#departed.delete(head);
    }
    for (const [head, counter] of known.heads) {
      if (head === writer || this.#isLiving(head)) continue;
      const since = this.#departed.get(head) ?? now();
      this.#departed.set(head, since);
      if (now() - since > MEMORY && counter <= known.floor.counter) known.forget(head);
    }
    store.collect((name) => name !== writer && !known.heads.has(name) && !this.#isLiving(name));
  }

  /** Whether a writer lives, as far as is known: the keeper hears everybody, and tells the others in its floor. */
  #isLiving(writer: string): boolean {
    if (this.#peers.has(writer)) return true;
    return !this.#isKeeper && this.#options.store.known.floor.members.has(writer);
  }

  /** What somebody else knows most often arrives by itself in a moment; only if not is it asked for. */
  #catchUpLater(): void {
    const { known } = this.#options.store;
    this.#isLate ||= this.#source !== undefined ||
      [...this.#peers.values()].some((peer) => known.isBehind(peer.known));
  }

  /** Asks somebody who knows more, one at a time. */
  #catchUp(): void {
    if (!this.#isJoined || this.#questions.isWaiting) return;
    this.#isLate = false;
    const { known } = this.#options.store;
    const source = this.#source && this.#peers.get(this.#source);
    if (source) return this.#ask(source);
    let next: Peer | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.asked >= (next?.asked ?? Infinity)) continue;
      if (known.isBehind(peer.known) && !this.#isOutsider(peer)) next = peer;
    }
    if (next) this.#ask(next);
  }

  #ask(peer: Peer): void {
    const { store, writer, now, post } = this.#options;
    if (this.#questions.isWaiting) return;
    const wantsAll = !this.#isJoined || this.#source === peer.writer;
    const id = this.#questions.ask(peer.writer, wantsAll ? "whole" : "part");
    peer.asked = now();
    post(encode.ask(writer, peer.writer, id, wantsAll ? null : store.known), peer.writer);
  }
}

/** The largest counter that the clock would take over from a message. */
function latest(message: Message): number {
  if (message.type === "writes") return message.counter;
  const latest = "known" in message ? message.known?.latest() ?? 0 : 0;
  return "counter" in message ? Math.max(latest, message.counter) : latest;
}
