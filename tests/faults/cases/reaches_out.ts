import { fault } from "../fault.ts";

export default fault({
  what: "it tries a file, a host, a program and FFI that it did not declare",
  holds: "each is refused, and it goes on",
  recovers: false,
  async act(context) {
    const tries = {
      file: () => Deno.readTextFileSync("/etc/hostname"),
      host: () => Deno.connect({ hostname: "127.0.0.1", port: 1 }),
      program: () => new Deno.Command("true").outputSync(),
      ffi: () => Deno.dlopen("libc.so.6", {}),
    };
    for (const [name, attempt] of Object.entries(tries)) {
      try {
        await attempt();
        context.log.info(`${name} allowed`);
      } catch (error) {
        context.log.info(`${name}: ${(error as Error).name}`);
      }
    }
    await context.every(1_000, () => {});
  },
  logged: [/file: NotCapable/, /host: NotCapable/, /program: NotCapable/, /ffi: NotCapable/],
  notLogged: [/ allowed$/m],
});
