import { createPrivateKey, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { makeCertificate } from "../../icinga/fixture.ts";

/** One key, and a certificate of it for each host, as PEM. */
export interface Certificates {
  key: string;
  certs: string[];
}

/**
 * Makes a certificate for each of many names with one key, signed by `ca.crt` in a folder. openssl makes the first one.
 * All others are that one with another name in it, signed anew: all names have the same length, so nothing else changes.
 *
 * @param bits the length of the key.
 */
export async function makeCertificates(
  folder: string,
  names: readonly string[],
  bits: number,
): Promise<Certificates> {
  const [first = ""] = names;
  await makeCertificate(folder, first, { ca: "ca", bits });
  const read = (file: string) => Deno.readTextFile(`${folder}/${file}`);
  const der = Buffer.from((await read(`${first}.crt`)).replace(/-----.*-----|\s/g, ""), "base64");
  const caKey = createPrivateKey(await read("ca.key"));
  // SEQUENCE { what is signed, algorithm, BIT STRING with the signature at the end }, each with a length of two bytes.
  const signed = der.subarray(4, 8 + der.readUInt16BE(6));
  const places: number[] = [];
  for (let at = signed.indexOf(first); at >= 0; at = signed.indexOf(first, at + 1)) places.push(at);
  const certs = names.map((name) => {
    for (const place of places) signed.write(name, place, "latin1");
    const signature = sign("sha256", signed, caKey);
    signature.copy(der, der.length - signature.length);
    return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
  });
  return { key: await read(`${first}.key`), certs };
}
