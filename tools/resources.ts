/**
 * Gives a Windows exe its icon and what its properties show: `deno run -A tools/resources.ts EXE COMMIT [VERSION]`.
 *
 * The resources are set on the finished exe: `deno compile` loses the version of the base runtime. They come before the
 * signature, which covers them.
 *
 * @module
 */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
// @ts-types="../types/resedit.d.ts"
import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";
import settings from "../deno.json" with { type: "json" };

const ENGLISH = { lang: 0x409, codepage: 1200 };

/** Widths of the icon, pixels. */
const WIDTHS = [16, 24, 32, 48, 64, 256];

if (import.meta.main) {
  const [path = "", commit = "unknown", version = settings.version] = Deno.args;
  const icon = await makeIcon(new URL("../lib/page/icon.svg", import.meta.url));
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, setResources(bytes, icon, commit, version));
}

/** An exe with icon and version. */
function setResources(
  bytes: Uint8Array,
  icon: Uint8Array,
  commit: string,
  number: string,
): Uint8Array {
  const exe = NtExecutable.from(bytes, { ignoreCert: true });
  const resources = NtExecutableResource.from(exe);
  const { icons } = Data.IconFile.from(icon);
  Resource.IconGroupEntry.replaceIconsForResource(
    resources.entries,
    1,
    ENGLISH.lang,
    icons.map(({ data }) => data),
  );
  const [major = 0, minor = 0, patch = 0] = number.split(".").map(Number);
  const version = Resource.VersionInfo.createEmpty();
  version.setFileVersion(major, minor, patch, 0, ENGLISH.lang);
  version.setProductVersion(major, minor, patch, 0, ENGLISH.lang);
  version.setStringValues(ENGLISH, {
    ProductName: "icinga-warden",
    FileDescription: "Keeps the Icinga 2 agent service running",
    CompanyName: "icinga-warden",
    LegalCopyright: "MIT License",
    OriginalFilename: "icinga-warden.exe",
    InternalName: "icinga-warden",
    Comments: `commit ${commit}`,
  });
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(exe);
  return new Uint8Array(exe.generate());
}

/** An icon file with a PNG of each width. */
async function makeIcon(source: URL): Promise<Uint8Array> {
  const wasm = import.meta.resolve("@resvg/resvg-wasm").replace(/[^/]*$/, "index_bg.wasm");
  await initWasm(Deno.readFile(new URL(wasm)));
  const svg = await Deno.readTextFile(source);
  const images = WIDTHS.map((value) =>
    new Resvg(svg, { fitTo: { mode: "width", value } }).render().asPng().slice()
  );
  const head = new DataView(new ArrayBuffer(6 + 16 * images.length));
  head.setUint16(2, 1, true);
  head.setUint16(4, images.length, true);
  let offset = head.byteLength;
  images.forEach((image, i) => {
    const at = 6 + 16 * i;
    head.setUint8(at, WIDTHS[i]! % 256);
    head.setUint8(at + 1, WIDTHS[i]! % 256);
    head.setUint16(at + 4, 1, true);
    head.setUint16(at + 6, 32, true);
    head.setUint32(at + 8, image.length, true);
    head.setUint32(at + 12, offset, true);
    offset += image.length;
  });
  return new Uint8Array(
    await new Blob([head, ...images]).arrayBuffer(),
  );
}
