import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { errorMessage } from "../base/mod.ts";
import { type IcingaFolder, lookAt } from "./folder.ts";

/** The certificate of this node, as its files are. */
export interface CertificateFacts {
  /** The file. */
  file: string;
  /** When the file was last changed, ms since the Unix epoch. */
  modified: number;
  /** When the certificate begins and ends to be valid, ms since the Unix epoch. */
  begins: number;
  ends: number;
  /** Its SHA-256, in hexadecimal digits with colons. */
  fingerprint: string;
  /** Why it is invalid at any time, such as that it is not signed; absent when it is valid. */
  fault?: string;
  /** How to fix that; present with `fault`. */
  mend?: string;
}

/** The files of a node's certificate. */
export function certificateFiles(
  { data }: IcingaFolder,
  node: string,
): { own: string; ca: string } {
  return { own: join(data, "certs", `${node}.crt`), ca: join(data, "certs", "ca.crt") };
}

/**
 * Reads the certificate of the node; undefined when there is no such file.
 *
 * @throws {Error} when a file cannot be read, or is no certificate.
 */
export async function readCertificate(
  folder: IcingaFolder,
  node: string,
): Promise<CertificateFacts | undefined> {
  const { own, ca } = certificateFiles(folder, node);
  const facts = await lookAt(own);
  if (!facts) return undefined;
  const [certificate, ...chain] = await openAll(own);
  const { subject, issuer, fingerprint256: fingerprint } = certificate!;
  const fault: Fault | undefined = subject === issuer
    ? {
      fault: "it is not signed by a CA: its request waits for the signature of the master",
      mend: "sign its request on the master: icinga2 ca list, icinga2 ca sign",
    }
    : await lookAt(ca)
    ? faultOf(certificate!, chain, await openAll(ca), node)
    : { fault: `there is no ${ca}`, mend: "copy ca.crt of the master to that place" };
  const [begins, ends] = [certificate!.validFrom, certificate!.validTo].map(Date.parse);
  const { modified } = facts;
  return {
    file: own,
    modified,
    begins: begins!,
    ends: ends!,
    fingerprint,
    ...fault,
  };
}

type Fault = Required<Pick<CertificateFacts, "fault" | "mend">>;

/**
 * Why a certificate is not accepted.
 *
 * @param chain those of the CAs between it and `trusted`, which its file may hold as well.
 * @param trusted those of `ca.crt`; one of them has to have signed it, or one of the chain.
 */
function faultOf(
  own: X509Certificate,
  chain: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  node: string,
): Fault | undefined {
  const name = /^CN=(.*)$/m.exec(own.subject)?.[1];
  if (name !== node) {
    const mend =
      "correct NodeName in constants.conf, or get a certificate for it: icinga2 node wizard";
    return { fault: `it is for '${name}', and this node is '${node}'`, mend };
  }
  const signed = (one: X509Certificate | undefined, by: readonly X509Certificate[]) =>
    by.find(({ publicKey }) => one?.verify(publicKey));
  let one: X509Certificate | undefined = own;
  for (let i = 0; one && i <= chain.length; i++) {
    if (signed(one, trusted)) return undefined;
    one = signed(one, chain);
  }
  return {
    fault: "it is not signed by the CA of ca.crt",
    mend: "compare ca.crt with the master's, and get a certificate of it: icinga2 node wizard",
  };
}

/** The certificates of a file, which has at least one. */
async function openAll(file: string): Promise<X509Certificate[]> {
  const text = await Deno.readTextFile(file);
  const all = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [text];
  try {
    return all.map((one) => new X509Certificate(one));
  } catch (error) {
    throw new Error(`${file} is no certificate: ${errorMessage(error)}`, { cause: error });
  }
}

/**
 * When the next list of revoked certificates is due, ms since the Unix epoch: in the list's DER the time that follows the
 * first one immediately (`thisUpdate` and `nextUpdate` of RFC 5280, 5.1); the list of what was revoked has others.
 * Undefined when the file has none.
 */
export function nextUpdate(text: string): number | undefined {
  const base64 = /-----BEGIN X509 CRL-----([^-]+)-----END/.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  // UTCTime (tag 23, 13 characters) and GeneralizedTime (tag 24, 15 characters).
  const times =
    // deno-lint-ignore no-control-regex
    /(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)/.exec(atob(base64));
  if (!times) return undefined;
  const [, short = "", long] = times;
  const digits = long ?? (Number(short.slice(0, 2)) < 50 ? "20" : "19") + short;
  const [date, time] = [digits.slice(0, 8), digits.slice(8)];
  return Date.parse(
    `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`,
  );
}
