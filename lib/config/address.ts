/** An address to listen on. */
export interface Address {
  /** A name or an IP address; of IPv6 without brackets. */
  hostname: string;
  /** 0: any that is free. */
  port: number;
}

/** The form of an address, `HOST:PORT`, an IPv6 host in brackets. */
export const ADDRESS_PATTERN = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):\d{1,5}$/;

/** The address in a text; undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  if (!ADDRESS_PATTERN.test(text)) return undefined;
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  const hostname = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return port > 65_535 ? undefined : { hostname, port };
}

/** Writes an address as it is read. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
