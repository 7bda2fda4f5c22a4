import { fault } from "../fault.ts";

export default fault({
  what: "it fails while child threads of it run",
  holds: "they are stopped with it before it is started again",
  definition: `tasks: {
    stay: (context) => context.every(50, () => {}).then(() => context.log.info("child stopped")),
  },`,
  async act(context) {
    const child = context.thread("stay");
    while (child.status !== "running") await context.sleep(20);
    throw new Error("with a child");
  },
  logged: [
    /failed: with a child \(faulty\.js:\d+:\d+\); starting it again in/,
    /faulty::stay::Main::0: child stopped(.|\n)*faulty::run::Main::0: up 2/,
  ],
});
