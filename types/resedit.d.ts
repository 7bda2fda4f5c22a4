// The part of resedit that this project uses. Its own types bring those of Node.js with them.

interface Language {
  lang: number;
  codepage: number;
}

export class NtExecutable {
  static from(bytes: Uint8Array, options?: { ignoreCert?: boolean }): NtExecutable;
  generate(): ArrayBuffer;
}

export class NtExecutableResource {
  static from(exe: NtExecutable): NtExecutableResource;
  entries: unknown[];
  outputResource(exe: NtExecutable): void;
}

export namespace Data {
  class IconFile {
    static from(bytes: Uint8Array): IconFile;
    icons: { data: unknown }[];
  }
}

export namespace Resource {
  class IconGroupEntry {
    static fromEntries(entries: unknown[]): IconGroupEntry[];
    static replaceIconsForResource(
      entries: unknown[],
      group: number,
      lang: number,
      icons: unknown[],
    ): void;
    icons: { width: number }[];
  }
  class VersionInfo {
    static createEmpty(): VersionInfo;
    static fromEntries(entries: unknown[]): VersionInfo[];
    setFileVersion(major: number, minor: number, micro: number, build: number, lang: number): void;
    setProductVersion(
      major: number,
      minor: number,
      micro: number,
      build: number,
      lang: number,
    ): void;
    setStringValues(language: Language, values: Record<string, string>): void;
    getAllLanguagesForStringValues(): Language[];
    getStringValues(language: Language): Record<string, string>;
    outputToResourceEntries(entries: unknown[]): void;
  }
}
