/** How much is done about services, the most careful last. */
export const serviceModes = ["act", "stopped", "observe"] as const;

/**
 * How much is done about services.
 *
 * - `act`: everything
 * - `stopped`: what is stopped is started; one that runs is left alone, whatever else is wrong with it
 * - `observe`: nothing is touched, and it is said what would have been done
 */
export type ServiceMode = typeof serviceModes[number];

/** The more careful of two modes. */
export function mostCareful(a: ServiceMode, b: ServiceMode): ServiceMode {
  return serviceModes.indexOf(a) > serviceModes.indexOf(b) ? a : b;
}
