/**
 * Puts right how much memory the header of a Windows exe asks for: `deno run -A tools/image_size.ts EXE`.
 *
 * `deno compile` keeps the numbers of the base runtime that it builds upon. Where that is itself a compiled exe
 * (`.ci/denort`), an exe that embeds more than it did would not be loaded as a whole, and crash at its start.
 * The offsets are those of Microsoft's "PE Format".
 *
 * @module
 */
const [path = ""] = Deno.args;
const HEADERS = 4096;

using file = await Deno.open(path, { read: true, write: true });
const bytes = new Uint8Array(HEADERS);
await file.read(bytes);
const view = new DataView(bytes.buffer);
const signature = view.getUint32(0x3c, true);
if (view.getUint32(signature, true) !== 0x4550) throw new Error(`${path} is no Windows exe`);
const optional = signature + 24;
const alignment = view.getUint32(optional + 32, true);
const aligned = (size: number) => Math.ceil(size / alignment) * alignment;

// The embedded files are the last section: its size in memory is no less than in the file.
const count = view.getUint16(signature + 6, true);
const last = optional + view.getUint16(signature + 20, true) + 40 * (count - 1);
const size = Math.max(view.getUint32(last + 8, true), view.getUint32(last + 16, true));
view.setUint32(last + 8, aligned(size), true);
view.setUint32(optional + 56, aligned(view.getUint32(last + 12, true) + size), true);
await file.seek(0, Deno.SeekMode.Start);
await file.write(bytes);
