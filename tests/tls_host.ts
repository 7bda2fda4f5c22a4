import { hasProgram } from "./skipped.ts";

/** Whether openssl is there, which makes the certificate of {@linkcode startTlsHost}. */
export const hasOpenssl: boolean = await hasProgram("openssl", "version");

/** A host on loopback that shows a certificate of 10 days to whoever connects. */
export interface TlsHost {
  /** `127.0.0.1:<port>` */
  host: string;
  /** The paths of its certificate and key, in a folder of their own. */
  cert: string;
  key: string;
  /** Accepts no more connections; the files stay. */
  close(): Promise<void>;
  /** Removes the files. */
  remove(): Promise<void>;
}

/** Makes a certificate and starts a host that shows it. */
export async function startTlsHost(): Promise<TlsHost> {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/c.pem`, `${folder}/k.pem`];
  const args = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=x"];
  const command = ["req", ...args, "-keyout", key, "-out", cert];
  await new Deno.Command("openssl", { args: command, stderr: "null" }).output();
  const listener = Deno.listenTls({
    ...{ hostname: "127.0.0.1", port: 0 },
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  });
  const serve = (async () => {
    for await (const conn of listener) {
      await conn.handshake().catch(() => {});
      await conn.read(new Uint8Array(1)).catch(() => {});
      conn.close();
    }
  })();
  return {
    ...{ host: `127.0.0.1:${listener.addr.port}`, cert, key },
    async close() {
      listener.close();
      await serve.catch(() => {});
    },
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}
