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
  /** When the certificate ends, ms since the Unix epoch. */
  ends: number;
  /** Its SHA-256, in hexadecimal digits with colons. */
  fingerprint: string;
  /** Why it is invalid at any time, such as that it is not signed; absent when it is valid. */
  fault?: string;
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
  const certificate = await open(own);
  const fault = certificate.subject === certificate.issuer
    ? "it is not signed by a CA: its request waits for the signature of the master"
    : await lookAt(ca)
    ? faultOf(certificate, await open(ca), node)
    : `there is no ${ca}`;
  const ends = Date.parse(certificate.validTo);
  const { fingerprint256: fingerprint } = certificate;
  return { file: own, modified: facts.modified, ends, fingerprint, ...(fault && { fault }) };
}

function faultOf(own: X509Certificate, ca: X509Certificate, node: string): string | undefined {
  const name = /^CN=(.*)$/m.exec(own.subject)?.[1];
  if (name !== node) return `it is for '${name}', and this node is '${node}'`;
  return own.verify(ca.publicKey) ? undefined : "it is not signed by the CA of ca.crt";
}

async function open(file: string): Promise<X509Certificate> {
  const text = await Deno.readTextFile(file);
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new Error(`${file} is no certificate: ${errorMessage(error)}`, { cause: error });
  }
}

/**
 * When the next list of revoked certificates is due, ms since the Unix epoch: the second time in the list's DER
 * (`nextUpdate` of RFC 5280, 5.1). Undefined when the file has none.
 */
export function nextUpdate(text: string): number | undefined {
  const base64 = /-----BEGIN X509 CRL-----([^-]+)-----END/.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = atob(base64);
  // UTCTime (tag 23, 13 characters) and GeneralizedTime (tag 24, 15 characters).
  // deno-lint-ignore no-control-regex
  const times = bytes.matchAll(/\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z/g);
  const [, next] = [...times].map(([, short, long]) => {
    const digits = long ?? (Number(short!.slice(0, 2)) < 50 ? "20" : "19") + short;
    const [date, time] = [digits.slice(0, 8), digits.slice(8)];
    return Date.parse(
      `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`,
    );
  });
  return next;
}
