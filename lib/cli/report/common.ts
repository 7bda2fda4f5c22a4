/** The template of all services that take results. */
export const PASSIVE = "icinga-warden-passive";

/** Icinga's own check command of it. */
export const COMMAND = "passive";

/** How long Icinga waits for the first result of an object, s. Later the ttl of each result counts. */
export const FRESH = 900;
