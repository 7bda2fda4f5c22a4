import { defineDaemon } from "icinga-warden/daemon";

const metrics = { free: { type: "gauge", unit: "bytes", label: "disk", help: "Free" } } as const;

export default defineDaemon({
  name: "disk_watch",
  arguments: { least: { type: "size", default: "5GB", description: "Less free is a warning" } },
  permissions: { sys: ["disks"] },
  maps: { Disks: { description: "By disk: free, bytes", metrics } },
  run({ arguments: { least }, host, state, report, every }) {
    return every("1m", async () => {
      const disks = await host.disks();
      for (const { name, free } of disks) state.map("Disks").set(name, { free });
      const full = disks.filter(({ free }) => free < least).map(({ name }) => name);
      const text = full.length > 0 ? `nearly full: ${full.join(", ")}` : "all disks have room";
      const numbers = disks.map(({ name, free }) =>
        [name, { value: free, unit: "B", warning: `${least}:` }] as const
      );
      report(full.length > 0 ? "warning" : "ok", text, Object.fromEntries(numbers));
    });
  },
});
