import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readNetError } from "../../lib/service/output.ts";
import { outputLimit } from "../../lib/service/output.ts";
import { bytes, utf16 } from "./texts.ts";

const help = (number: number) => `More help is available by typing NET HELPMSG ${number}.\r\n\r\n`;

const texts: Record<string, [text: string, code: number]> = {
  "English, access denied": ["System error 5 has occurred.\r\n\r\nAccess is denied.\r\n\r\n", 5],
  "English, disabled": [
    "System error 1058 has occurred.\r\n\r\nThe service cannot be started, either because it is disabled " +
    "or because\r\nit has no enabled devices associated with it.\r\n\r\n",
    1058,
  ],
  "English, ended unexpectedly": [
    "The Icinga 2 service is starting.\r\nThe Icinga 2 service could not be started.\r\n\r\n" +
    "A system error has occurred.\r\n\r\nSystem error 1067 has occurred.\r\n\r\n" +
    "The process terminated unexpectedly.\r\n\r\n",
    1067,
  ],
  "English, running already": [
    `The requested service has already been started.\r\n\r\n${help(2182)}`,
    2182,
  ],
  "English, not started": [`The Icinga 2 service is not started.\r\n\r\n${help(3521)}`, 3521],
  "English, an error of the service's own": [
    "The Icinga 2 service is starting.\r\nThe Icinga 2 service could not be started.\r\n\r\n" +
    `A service specific error occurred: 5.\r\n\r\n${help(3547)}`,
    3547,
  ],
  "German, access denied": ["Systemfehler 5 aufgetreten.\r\n\r\nZugriff verweigert\r\n\r\n", 5],
  "German, running already": [
    "Der angeforderte Dienst wurde bereits gestartet.\r\n\r\n" +
    "Sie erhalten weitere Hilfe, wenn Sie NET HELPMSG 2182 eingeben.\r\n\r\n",
    2182,
  ],
  "French in code page 850, access denied": [
    "L'erreur syst\x8ame 5 s'est produite.\r\n\r\nAcc\x8as refus\x82.\r\n\r\n",
    5,
  ],
  "Spanish, running already": [
    "El servicio solicitado ya ha sido iniciado.\r\n\r\n" +
    "Puede obtener m\xa0s ayuda con el comando NET HELPMSG 2182.\r\n\r\n",
    2182,
  ],
  "Russian in code page 866, access denied": [
    "\x91\xa8\xe1\xe2\xa5\xac\xad\xa0\xef \xae\xe8\xa8\xa1\xaa\xa0 5.\r\n\r\n" +
    "\x8e\xe2\xaa\xa0\xa7\xa0\xad\xae \xa2 \xa4\xae\xe1\xe2\xe3\xaf\xa5.\r\n\r\n",
    5,
  ],
  "Japanese in code page 932, access denied": [
    "\x83V\x83X\x83e\x83\x80 \x83G\x83\x89\x81[ 5 \x82\xaa\x94\xad\x90\xb6\x82\xb5\x82\xdc\x82\xb5" +
    "\x82\xbd\x81B\r\n\r\n\x83A\x83N\x83Z\x83X\x82\xaa\x8b\x91\x94\xdb\x82\xb3\x82\xea\x82\xdc\x82" +
    "\xb5\x82\xbd\x81B\r\n\r\n",
    5,
  ],
  "Japanese in code page 932, running already": [
    "\x97v\x8b\x81\x82\xb5\x82\xbd\x83T\x81[\x83r\x83X\x82\xcd\x8a\xf9\x82\xc9\x8aJ\x8en\r\n\r\n" +
    "NET HELPMSG 2182 \x82\xc6\x93\xfc\x97\xcd\x82\xb7\x82\xe9\x82\xc6\x81A\x8f\xda\r\n\r\n",
    2182,
  ],
  "Chinese in code page 936, access denied": [
    "\xb7\xa2\xc9\xfa\xcf\xb5\xcd\xb3\xb4\xed\xce\xf3 5\xa1\xa3\r\n\r\n\xbe\xdc\xbe\xf8\xb7\xc3\xce\xca" +
    "\xa1\xa3\r\n\r\n",
    5,
  ],
  "Chinese in code page 936, no error reported": [
    "MySQL \xb7\xfe\xce\xf1\xd5\xfd\xd4\xda\xc6\xf4\xb6\xaf .\r\nMySQL \xb7\xfe\xce\xf1\xce\xde\r\n\r\n" +
    "\xb7\xfe\xce\xf1\xc3\xbb\xd3\xd0\xb1\xa8\xb8\xe6\r\n\r\n" +
    "\xc7\xeb\xbc\xfc\xc8\xeb NET HELPMSG 3534 \xd2\xd4\xbb\xf1\xb5\xc3\xa1\xa3\r\n\r\n",
    3534,
  ],
  "a display name with another number": [
    "The Agent 2000 service is starting.\r\nThe Agent 2000 service could not be started.\r\n\r\n" +
    "A system error has occurred.\r\n\r\nSystem error 1069 has occurred.\r\n\r\n" +
    "The service did not start due to a logon failure.\r\n\r\n",
    1069,
  ],
  "a display name that speaks of help": [
    `The NET HELPMSG 5 service is not started.\r\n\r\n${help(3521)}`,
    3521,
  ],
};

for (const [what, [text, code]] of Object.entries(texts)) {
  Deno.test(`net's error code is read: ${what}`, () => {
    assertEquals(readNetError(bytes(text)), code);
    assertEquals(readNetError(bytes(text.replaceAll("\r", ""))), code);
  });
}

for (
  const separator of [",", ".", "'", " ", "\xa0", "\xff", "\x92", "\xe2\x80\xaf", "\xe2\x80\x99"]
) {
  Deno.test(`a code is read with ${JSON.stringify(separator)} between groups of digits`, () => {
    const code = (number: string) => `System error ${number} has occurred.\r\n\r\nIt failed.\r\n`;
    assertEquals(readNetError(bytes(code(`1${separator}058`))), 1058);
    assertEquals(readNetError(bytes(`It failed.\r\n\r\nNET HELPMSG 3${separator}521.\r\n`)), 3521);
    for (const part of [`1${separator}05`, `1${separator}0581`, `1${separator}058${separator}0`]) {
      assertEquals(readNetError(bytes(code(part))), undefined, part);
    }
  });
}

Deno.test("a code is not read where what stands between its digits is not known", () => {
  for (const separator of ["?", "\x8a", "\xd9\xac", "_", " "]) {
    const rest = separator === " " ? "1822" : "182";
    const text = `It failed.\r\n\r\nNET HELPMSG 2${separator}${rest}.\r\n`;
    assertEquals(readNetError(bytes(text)), undefined, separator);
  }
});

Deno.test("a code is read with narrow blanks and apostrophes in UTF-16", () => {
  for (const separator of ["\u202f", "\u2019"]) {
    const text = `エラー 1${separator}058 が\r\n\r\n拒否\r\n`;
    assertEquals(readNetError(utf16(text)), 1058);
  }
});

Deno.test("net's error code is read in UTF-16", () => {
  const text = "システム エラー 5 が発生しました。\r\n\r\nアクセスが拒否されました。\r\n\r\n";
  assertEquals(readNetError(utf16(text)), 5);
});

const uncertain: Record<string, string> = {
  "nothing": "",
  "Wine, not installed": "Could not get handle to service.\r\n",
  "Wine, running already": "The Icinga 2 service is starting.\r\nService already running.\r\n",
  "no reason given":
    "The Icinga 5 service is stopping.\r\nThe Icinga 5 service could not be stopped.\r\n",
  "no reason given, with a blank line":
    "The Icinga 5 service is stopping.\r\n\r\nThe Icinga 5 service could not be stopped.\r\n",
  "the number is in the display name too":
    "The Icinga 5 service is starting.\r\nThe Icinga 5 service could not be started.\r\n\r\n" +
    "System error 5 has occurred.\r\n\r\nAccess is denied.\r\n",
  "a service that depends on it has a number for a name":
    "These services are dependent on the Icinga service.\r\n\r\n   Agent 5\r\n\r\nContinue? (Y/N) [N]: ",
  "only a name that speaks of help": "The NET HELPMSG 5 service could not be stopped.\r\n",
  "numbers too large": "System error 123456 has occurred.\r\n\r\nNo.\r\n",
};

for (const [what, text] of Object.entries(uncertain)) {
  Deno.test(`net's error code is not guessed: ${what}`, () => {
    assertEquals(readNetError(bytes(text)), undefined);
  });
}

Deno.test("megabytes are not searched for an error code", () => {
  const error = bytes("System error 5 has occurred.\r\n\r\nAccess is denied.\r\n");
  const flood = new Uint8Array(4 * 1024 * 1024).fill(0x0a);
  flood.set(error, flood.length - error.length);
  assertEquals(readNetError(flood), undefined);
  assertEquals(readNetError(flood.subarray(-outputLimit + 1)), 5);
});

Deno.test("no bytes make it throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (noise) => {
    const code = readNetError(noise);
    return code === undefined || (Number.isInteger(code) && code >= 0 && code < 100_000);
  }));
});

Deno.test("no display name without the code itself changes the code", () => {
  fc.assert(fc.property(fc.string({ maxLength: 256 }), (raw) => {
    const name = raw.replace(/[^\x20-\x7e]|1058/g, "?");
    const text =
      `The ${name} service is starting.\r\nThe ${name} service could not be started.\r\n\r\n` +
      "System error 1058 has occurred.\r\n\r\nIt is disabled.\r\n";
    return readNetError(bytes(text)) === 1058;
  }));
});
