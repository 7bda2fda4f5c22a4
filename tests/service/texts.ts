/** The bytes of a text in which each character stands for one byte. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The bytes of a text in UTF-16, little endian, with a byte order mark. */
export function utf16(text: string): Uint8Array {
  return Uint8Array.from(
    `\ufeff${text}`.split("").flatMap((character) => {
      const code = character.charCodeAt(0);
      return [code & 0xff, code >> 8];
    }),
  );
}

/** What `sc query icinga2` prints on an English Windows, byte by byte. */
export function english(
  state = "4  RUNNING",
  name = "icinga2",
  type = "10  WIN32_OWN_PROCESS",
): string {
  return `\r\nSERVICE_NAME: ${name} \r\n        TYPE               : ${type}  \r\n` +
    `        STATE              : ${state} \r\n` +
    "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n" +
    "        WIN32_EXIT_CODE    : 0  (0x0)\r\n        SERVICE_EXIT_CODE  : 0  (0x0)\r\n" +
    "        CHECKPOINT         : 0x0\r\n        WAIT_HINT          : 0x0\r\n";
}

/** The answer of `sc query` for a running service in other languages and code pages. */
export const running: Readonly<Record<string, string>> = {
  "English": english(),
  "English under Wine":
    "SERVICE_NAME: icinga2\r\n        TYPE               : 10  WIN32_OWN_PROCESS\r\n" +
    "        STATE              : 4  RUNNING\r\n        WIN32_EXIT_CODE    : 0  (0x0)\r\n",
  "German":
    "\r\nSERVICE_NAME: icinga2 \r\n        TYP                : 10  WIN32_OWN_PROCESS  \r\n" +
    "        STATUS             : 4  RUNNING \r\n",
  "Italian":
    "\r\nNOME_SERVIZIO: icinga2\r\n        TIPO                   : 10  WIN32_OWN_PROCESS\r\n" +
    "        STATO                  : 4  RUNNING\r\n",
  "French in code page 850":
    "\r\nNOM_DU_SERVICE: icinga2 \r\n        TYPE               : 10  WIN32_OWN_PROCESS  \r\n" +
    "        \x90TAT               : 4  RUNNING \r\n",
  "French in UTF-8":
    "\r\nNOM_DU_SERVICE: icinga2 \r\n        TYPE               : 10  WIN32_OWN_PROCESS  \r\n" +
    "        \xc3\x89TAT               : 4  RUNNING \r\n",
  "Russian in code page 866": "\r\n\x88\xac\xef_\xe1\xab\xe3\xa6\xa1\xeb: icinga2 \r\n" +
    "        \x92\xa8\xaf                : 10  WIN32_OWN_PROCESS  \r\n" +
    "        \x91\xae\xe1\xe2\xae\xef\xad\xa8\xa5          : 4  RUNNING \r\n",
  "Japanese in code page 932, full-width colons":
    "\r\n\x83T\x81[\x83r\x83X\x96\xbc\x81F icinga2 \r\n" +
    "        \x8e\xed\x97\xde                 \x81F 10  WIN32_OWN_PROCESS  \r\n" +
    "        \x8f\xf3\x91\xd4                 \x81F 4  RUNNING \r\n",
  "Japanese in UTF-8, full-width colons": "\r\n\xe7\x8a\xb6\xe6\x85\x8b\xef\xbc\x9a icinga2 \r\n" +
    "        \xe7\xa8\xae\xe9\xa1\x9e\xef\xbc\x9a 10  WIN32_OWN_PROCESS  \r\n" +
    "        \xe7\x8a\xb6\xe6\x85\x8b\xef\xbc\x9a 4  RUNNING \r\n",
  "Chinese in code page 936, full-width colons":
    "\r\n\xb7\xfe\xce\xf1\xc3\xfb\xa3\xba icinga2 \r\n" +
    "        \xc0\xe0\xd0\xcd                 \xa3\xba 10  WIN32_OWN_PROCESS  \r\n" +
    "        \xd7\xb4\xcc\xac                 \xa3\xba 4  RUNNING \r\n",
};
