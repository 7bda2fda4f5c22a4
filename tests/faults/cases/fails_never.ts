import { fault } from "../fault.ts";

export default fault({
  what: "run throws, with restart: never",
  holds: "it is said to have failed, and is not started again",
  entry: { restart: "never" },
  recovers: false,
  act() {
    throw new Error("once and for all");
  },
  logged: [/failed: once and for all \(faulty\.js:\d+:\d+\); it is not started again/],
  notLogged: [/up 2/],
});
