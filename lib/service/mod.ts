/**
 * The service manager: what queries, starts, stops and restarts a service.
 *
 * @module
 */
export { createServiceManager, type ServiceManagerPlan, servicePrograms } from "./create.ts";
export { type ServiceAction, ServiceError, type ServiceErrorKind } from "./error.ts";
export {
  type ServiceManager,
  type ServiceState,
  serviceStates,
  type TimeLimits,
} from "./manager.ts";
export { checkServiceName } from "./name.ts";
export { demoScenario, parseScenario, type Scenario } from "./scenario.ts";
export { SimulatedServiceManager } from "./simulated.ts";
