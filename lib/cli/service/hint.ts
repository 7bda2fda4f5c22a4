import { pasteLine } from "../../windows/command_line.ts";
import { SERVICE_NAME } from "../../windows/registration.ts";
import type { ServiceOrder } from "./order.ts";

/** A command to type for the same service: `icinga-warden service start`. */
export function wardenCommand(action: string, { name }: Pick<ServiceOrder, "name">): string {
  const named = name === SERVICE_NAME ? [] : ["--name", name];
  return pasteLine("icinga-warden", ["service", action, ...named]);
}
