/**
 * Icinga's records in the Windows event log, where Icinga 2 writes since 2.13: the installer enables the feature
 * `windowseventlog` in place of `mainlog`, and a file `icinga2.log` is not written then.
 *
 * @module
 */

/** Icinga's records as lines of its log, the oldest first; of those since a time, ms since the Unix epoch. */
export type ReadEvents = (since: number) => Promise<string>;

/** Runs `wevtutil.exe`; undefined when it did not end in time. */
export type RunWevtutil = (
  args: string[],
) => Promise<{ code: number; stdout: Uint8Array } | undefined>;

/** The name of the source, as `WindowsEventLogLogger` of Icinga 2 registers it. */
const SOURCE = "Icinga 2";

/** Where these records are, for messages. */
export const EVENT_LOG = `the Windows event log (Application, source ${SOURCE})`;

/** As many records are read: those of 10 min, of an agent that tries to connect to a parent each 10 s. */
const MOST = 200;

/** Reads the records by `wevtutil.exe`. Whatever fails: there are none. */
export function eventReader(run: RunWevtutil): ReadEvents {
  return async (since) => {
    const age = Math.max(0, Math.ceil(Date.now() - since));
    const isOurs = `Provider[@Name='${SOURCE}'] and TimeCreated[timediff(@SystemTime) <= ${age}]`;
    // The newest first. XML is the same in each language of Windows, and so is UTF-16 with each code page.
    const options = [`/q:*[System[${isOurs}]]`, `/c:${MOST}`, "/rd:true", "/f:xml", "/uni:true"];
    const result = await run(["qe", "Application", ...options]).catch(() => undefined);
    return result?.code === 0 ? parseEvents(result.stdout) : "";
  };
}

/**
 * What `wevtutil.exe` has printed of events, the newest first, as lines of Icinga's log, the oldest first. The text of an
 * event is `critical/ApiListener: …`; as in the file only its first line counts. What is cut or damaged is left out.
 */
export function parseEvents(output: Uint8Array): string {
  // UTF-16, with a byte order mark or without.
  const isWide = output[0] === 0xff || output[1] === 0;
  const text = new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(output);
  return text.split(/<Event(?=[\s>])/).slice(1).reverse().map((event) => {
    const isWhole = /<\/Event>/.test(event) && PROVIDER.test(event);
    const [, date, time] = TIME.exec(event) ?? [];
    const [, said] = /<Data>([^<]+)<\/Data>/.exec(event) ?? [];
    if (!isWhole || date === undefined || said === undefined) return "";
    return `[${date} ${time} +0000] ${decode(said).trim().split(/[\r\n]/)[0]}\n`;
  }).join("");
}

const PROVIDER = new RegExp(`<Provider Name=(["'])${SOURCE}\\1`);

const TIME = /<TimeCreated SystemTime=["'](\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z["']/;

const ENTITIES = new Map([
  ["amp", "&"],
  ["apos", "'"],
  ["gt", ">"],
  ["lt", "<"],
  ["quot", '"'],
]);

/** Replaces the entities of XML; what is none stays. */
function decode(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (all, digits, hex, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? all;
    const point = digits === undefined ? parseInt(hex, 16) : Number(digits);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
