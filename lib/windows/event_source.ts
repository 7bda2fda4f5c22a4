/** The name under which the agent's events stand in the Application log. */
export const EVENT_SOURCE = "icinga-warden";

/** The registry key that makes the source known, below `HKEY_LOCAL_MACHINE`. */
export const EVENT_SOURCE_KEY =
  `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${EVENT_SOURCE}`;

/**
 * The texts of the events: `EventCreate.exe`, which every Windows has, holds for each number from 1 to 1000 the text
 * `%1`, which is what the event itself says.
 */
export const EVENT_SOURCE_VALUES = {
  EventMessageFile: "%SystemRoot%\\System32\\EventCreate.exe",
  TypesSupported: 7,
} as const;
