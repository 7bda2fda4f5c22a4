import { attempt, errorMessage, within } from "../base/mod.ts";

/** What came of a TLS handshake. */
export interface Answer {
  /**
   * - `good`: it answered, and its certificate is signed by the CA
   * - `certificate`: it answered with a certificate that is not accepted
   * - `silent`: it accepted the connection, and did not answer within the limit
   * - `unreachable`: it could not be connected to, or closed the connection
   */
  is: "good" | "certificate" | "silent" | "unreachable";
  /** What happened, in a few words. */
  text: string;
}

/** Where a TLS handshake is tried. */
export interface HandshakePlan {
  hostname: string;
  port: number;
  /** The certificate of the CA, as PEM. */
  ca: string;
  /** ms. Default: 10 s. */
  limit?: number | undefined;
}

/**
 * Makes one TLS connection and closes it. The name in the certificate is not checked: Icinga compares it with the
 * endpoint's, which need not be a host's name. Never rejects.
 */
export async function tryHandshake(
  { hostname, port, ca, limit = 10_000 }: HandshakePlan,
): Promise<Answer> {
  let conn: Deno.Conn | undefined, isLate = false;
  const close = () => {
    isLate = true;
    // It may be closed already.
    attempt(() => conn?.close(), () => {});
  };
  const shake = async (): Promise<Answer> => {
    const tcp = conn = await Deno.connect({ hostname, port });
    if (isLate) close();
    const tls = await Deno.startTls(tcp, {
      hostname: "icinga",
      caCerts: [ca],
      unsafelyDisableHostnameVerification: true,
    });
    conn = tls;
    await tls.handshake();
    return { is: "good", text: "it answers, and its certificate is accepted" };
  };
  const late = (): Answer => {
    const where = conn ? "TLS handshake" : "connection";
    const text = `no answer to the ${where} within ${limit / 1000} s`;
    return { is: conn ? "silent" : "unreachable", text };
  };
  try {
    return await within(shake(), { ms: limit, late });
  } catch (error) {
    const text = errorMessage(error);
    return text.includes("invalid peer certificate")
      ? { is: "certificate", text }
      : { is: "unreachable", text };
  } finally {
    close();
  }
}

/**
 * The certificate that a port shows, whoever has signed it: fingerprint and end as in {@linkcode CertificateFacts}.
 * It loads `node:tls`, which takes 5 MB, so it is asked for seldom. Rejects with the reason when the port shows none
 * within the limit.
 */
export async function shownCertificate(
  { hostname, port, limit = 10_000 }: Omit<HandshakePlan, "ca">,
): Promise<{ fingerprint: string; ends: number }> {
  const { connect } = await import("node:tls");
  const socket = connect({ host: hostname, port, rejectUnauthorized: false });
  const open = new Promise<string | undefined>((resolve) => {
    socket.once("secureConnect", () => resolve(undefined));
    socket.on("error", (error) => resolve(errorMessage(error)));
    socket.once("close", () => resolve("it closed the connection"));
  });
  try {
    const late = () => `it does not answer within ${limit / 1000} s`;
    const fault = await within(open, { ms: limit, late });
    // Up to Deno 2.7 a port without TLS is said to be connected, and has no certificate.
    const shown = fault === undefined ? socket.getPeerCertificate() : undefined;
    if (shown?.fingerprint256) {
      return { fingerprint: shown.fingerprint256, ends: Date.parse(shown.valid_to) };
    }
    const isPlain = fault === undefined || /corrupt message|wrong version/i.test(fault);
    throw new Error(`shows no certificate: ${isPlain ? "it does not speak TLS" : fault}`);
  } finally {
    socket.destroy();
  }
}
