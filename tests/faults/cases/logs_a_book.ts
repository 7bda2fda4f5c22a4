import { fault } from "../fault.ts";

export default fault({
  what: "it logs a record of 20 MB, and one with line ends and escapes",
  holds: "the long one is cut, the other is one line",
  recovers: false,
  act(context) {
    context.log.info("long ".repeat(4_000_000));
    context.log.info("one\nline\r\n\x1b[31mred");
    context.log.info("after");
    return context.every(1_000, () => {});
  },
  logged: [/ \(20000000 characters\)$/m, /one\\nline/, /faulty::run::Main::0: after/],
});
