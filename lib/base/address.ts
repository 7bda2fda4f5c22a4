/** An IP address of 4 or 16 bytes as text, in the shortest form; IPv4 that is written in IPv6 as IPv4. */
export function formatIp(bytes: readonly number[]): string {
  const isMapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  if (bytes.length === 4 || isMapped) return bytes.slice(-4).join(".");
  const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! << 8 | bytes[2 * i + 1]!);
  const text = words.map((word) => word.toString(16)).join(":");
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
