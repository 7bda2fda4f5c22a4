import type { Service } from "icinga-warden/daemon";
import { errorMessage } from "../../lib/base/mod.ts";
import type { ServiceMode } from "../../lib/service/mod.ts";
import { LONGEST_WAIT } from "./crash_loop.ts";
import type { WatchSettings } from "./watch_arguments.ts";
import type { WatchContext, WatchReport } from "./watch_report.ts";

/** Time between two checks whether a service is still disabled, ms. */
export const LOOK_AGAIN = 60_000;

/** What {@linkcode DisabledService} works with. */
export interface DisabledServiceParts {
  context: WatchContext;
  service: Service;
  settings: Pick<WatchSettings, "whenDisabled">;
  /** The mode in force. */
  mode: ServiceMode;
  report: WatchReport;
  /** Whether an error means that the daemon is about to stop; throws it when it is to stop already. */
  isInterrupted(error: unknown): boolean;
  /** Allows no attempt within this time, ms. */
  wait(ms: number): void;
  /** Called when it is left disabled. */
  leave(): void;
}

/** What is done with a service whose start type is disabled. */
export class DisabledService {
  readonly #parts: DisabledServiceParts;

  /** Nothing is asked before it is called. */
  constructor(parts: DisabledServiceParts) {
    this.#parts = parts;
  }

  /** Whether it is disabled, and is not enabled here. When that cannot be read: false, and its start will fail. */
  async isLeftSo(): Promise<boolean> {
    const { mode, settings, report } = this.#parts;
    const isDisabled = await this.isDisabled();
    const wouldEnable = mode === "observe" && settings.whenDisabled === "enable";
    if (isDisabled) return !wouldEnable && await this.meet(LOOK_AGAIN);
    if (isDisabled === false) delete report.counted.disabled;
    return false;
  }

  /** While a start is held back nothing else looks at the start type: forgets that it was disabled, where it is no more. */
  async forgetOld(): Promise<void> {
    const { counted } = this.#parts.report;
    if (counted.disabled && await this.isDisabled() === false) delete counted.disabled;
  }

  /** The agent's own thread has asked Windows already; where it cannot, or the service runs, `sc` is run. */
  async isDisabled(): Promise<boolean | undefined> {
    const { context, service } = this.#parts;
    const startType = context.state.agent<string>("ServiceStartTypes")
      .get(service.name.toLowerCase());
    if (startType !== undefined) return startType === "disabled";
    return await service.isDisabled().catch((error) => {
      if (this.#parts.isInterrupted(error)) throw error;
      return undefined;
    });
  }

  /**
   * Applies `whenDisabled`.
   *
   * @param wait time until the next attempt, ms.
   * @returns whether it is still disabled.
   */
  async meet(wait: number): Promise<boolean> {
    const { service, settings: { whenDisabled }, report } = this.#parts;
    this.#parts.wait(wait);
    if (whenDisabled !== "enable") {
      report.disabled(whenDisabled === "ignore" ? "ignore" : "warn");
      this.#parts.leave();
      return true;
    }
    try {
      await service.enable();
    } catch (error) {
      if (this.#parts.isInterrupted(error)) throw error;
      this.#parts.wait(LONGEST_WAIT);
      report.failed(errorMessage(error), true);
      return true;
    }
    report.enabled();
    return false;
  }
}
