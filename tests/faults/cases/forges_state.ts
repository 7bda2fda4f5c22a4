import { fault } from "../fault.ts";

export default fault({
  what: "it patches what channels and ports are made of, to write to another daemon's map",
  holds: "it gets hold of none, and nobody reads what it wrote",
  recovers: false,
  async act(context) {
    const caught: unknown[] = [];
    const patch = (prototype: Record<string, unknown>) => {
      for (const name of Object.getOwnPropertyNames(prototype)) {
        try {
          const value = prototype[name];
          if (typeof value !== "function" || name === "constructor") continue;
          prototype[name] = function (...given: unknown[]) {
            for (const each of [this, ...given]) {
              if (each instanceof MessagePort || each instanceof EventTarget) caught.push(each);
            }
            return Reflect.apply(value, this, given);
          };
        } catch {
          // It is locked.
        }
      }
    };
    const classes = [Array, Map, Set, Promise, Function, MessagePort, EventTarget, Event];
    for (const { prototype } of classes) patch(prototype as unknown as Record<string, unknown>);
    const map = context.state.map("Map");
    for (let i = 0; i < 20; i++) {
      map.set("value", "forged");
      await context.sleep(20);
    }
    const signals = caught.filter((each) => each instanceof AbortSignal);
    context.log.info(`caught ${caught.length - signals.length}`);
    await context.every(100, () => {
      context.log.info(`healthy_one holds ${context.state.of("healthy_one", "Map").get("value")}`);
    });
  },
  logged: [/faulty::run::Main::0: caught 0$/m, /healthy_one holds undefined/],
  notLogged: [/healthy_one holds forged/],
});
