import { fault } from "../fault.ts";

export default fault({
  what: "run returns, with restart: always",
  holds: "it is started again after 1 s, and that is no failure",
  entry: { restart: "always" },
  act() {},
  logged: [/Thread faulty::run::Main::0 has finished; starting it again in 1 s/],
  notLogged: [/faulty::run::Main::0 failed/],
});
