/**
 * Writes what an exe is made of, in CycloneDX 1.6: `deno run -A tools/sbom.ts SBOM FILE...`, with the Deno that has
 * compiled the FILEs.
 *
 * The packages are those that the program imports, and what these depend on in `deno.lock`; what only builds and tests
 * use is not in an exe, and not listed. Deno is one component: its own parts are not told apart.
 *
 * @module
 */
import { basename } from "node:path";
import settings from "../deno.json" with { type: "json" };
import { importedPackages, readSources } from "./sources.ts";

interface Locked {
  integrity: string;
  dependencies?: string[];
  optionalPeers?: string[];
}

const packages: Readonly<Record<string, Locked>> = JSON.parse(
  await Deno.readTextFile(new URL("../deno.lock", import.meta.url)),
).npm;

if (import.meta.main) {
  const [sbom = "", ...files] = Deno.args;
  await Deno.writeTextFile(sbom, `${JSON.stringify(await makeSbom(files), null, 2)}\n`);
}

/** The bill of materials of finished files. */
export async function makeSbom(files: readonly string[]): Promise<Record<string, unknown>> {
  const product = `pkg:generic/icinga-warden@${settings.version}`;
  const runtime = denoComponent();
  const components = (await shippedPackages()).map(packageComponent);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      tools: {
        components: [{ type: "application", name: "tools/sbom.ts", version: settings.version }],
      },
      component: {
        "type": "application",
        "bom-ref": product,
        "name": "icinga-warden",
        "version": settings.version,
        "purl": product,
        "licenses": [{ license: { id: "MIT" } }],
        "components": await Promise.all(files.map(fileComponent)),
      },
    },
    components: [runtime, ...components],
    dependencies: [
      { ref: product, dependsOn: [runtime, ...components].map((part) => part["bom-ref"]) },
    ],
  };
}

async function fileComponent(path: string): Promise<Record<string, unknown>> {
  const sum = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  const content = new Uint8Array(sum).toHex();
  return { type: "file", name: basename(path), hashes: [{ alg: "SHA-256", content }] };
}

/** The base runtime, and V8 in it. */
function denoComponent() {
  const purl = `pkg:github/denoland/deno@v${Deno.version.deno}`;
  const { deno, v8 } = Deno.version;
  return {
    "type": "platform",
    "bom-ref": purl,
    "name": "deno",
    "version": deno,
    purl,
    "licenses": [{ license: { id: "MIT" } }],
    "components": [{ type: "library", name: "v8", version: v8 }],
  };
}

function packageComponent(locked: string) {
  const [, name = "", version = ""] = /^(@?[^@]+)@([^_]+)/.exec(locked)!;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [, hash = ""] = packages[locked]!.integrity.split("sha512-");
  return {
    "type": "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    "hashes": [{ alg: "SHA-512", content: Uint8Array.fromBase64(hash).toHex() }],
  };
}

/** The keys in the lock of what the program imports, and of all that these need. */
async function shippedPackages(): Promise<string[]> {
  const imported = importedPackages(await readSources())
    .map((name) => settings.imports[name as keyof typeof settings.imports])
    .map((target) => /^npm:(@?[^@]+@[^/]+)/.exec(target)![1]!);
  const found = new Set<string>();
  const waiting = imported.map(lockedAs);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    const { dependencies = [], optionalPeers = [] } = packages[key]!;
    const isPeer = (name: string) => optionalPeers.some((peer) => peer === name);
    waiting.push(...dependencies.filter((name) => !isPeer(name)).map(lockedAs));
  }
  return [...found].sort();
}

/** A package's key in the lock: `valibot`, or `valibot@1.5.0`, is `valibot@1.5.0_typescript@6.0.3`. */
function lockedAs(name: string): string {
  const isVersioned = name.lastIndexOf("@") > 0;
  const key = Object.keys(packages).find((key) =>
    key === name || key.startsWith(`${name}${isVersioned ? "_" : "@"}`)
  );
  if (key === undefined) throw new Error(`deno.lock has no ${name}`);
  return key;
}
