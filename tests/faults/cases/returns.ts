import { fault } from "../fault.ts";

export default fault({
  what: "run returns",
  holds: "its work is done: that is no failure, and it is not started again",
  recovers: false,
  act() {},
  logged: [/Thread faulty::run::Main::0 has finished$/m],
  notLogged: [/faulty::run::Main::0 failed/, /up 2/],
});
