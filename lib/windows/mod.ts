/**
 * Windows: the service control manager, the native service, the event log, who may write which file.
 *
 * @module
 */
export {
  checkAccount,
  currentUser,
  fullAccount,
  isBuiltin,
  LOCAL_SYSTEM,
  type LogonRight,
  logonRight,
  mayLogOn,
  needsPassword,
  sameAccount,
  sidOf,
} from "./account.ts";
export {
  type AgentFiles,
  type AgentFlags,
  agentOf,
  readAgentFlags,
  samePath,
  type ServiceAgent,
} from "./agent_arguments.ts";
export {
  commandLine,
  type CommandWords,
  PASSWORD,
  pasteLine,
  splitCommandLine,
  splitServiceLine,
} from "./command_line.ts";
export { EVENT_SOURCE_KEY, EVENT_SOURCE_VALUES, type EventLog, openEventLog } from "./event_log.ts";
export { ERROR_SERVICE_NEVER_STARTED, ERROR_SERVICE_SPECIFIC_ERROR } from "./ffi/errors.ts";
export {
  agentPaths,
  type CheckedPath,
  type Danger,
  describeDangers,
  foldersOf,
  inspectPaths,
  isConfigSafe,
  modulePaths,
  requireProtectable,
  safePermissions,
  trustedAccounts,
} from "./home_safety.ts";
export { type Host, windowsHost } from "./host.ts";
export { isStartedAsService, joinServiceManager, type NativeService } from "./native_service.ts";
export {
  endStuckService,
  endTree,
  listProcesses,
  type Process,
  processUsage,
  startedBy,
} from "./processes.ts";
export {
  type FoundRegistration,
  isAgent,
  kindOfService,
  programOf,
  type Registration,
  type RegistrationRequest,
  SERVICE_NAME,
  type ServiceKind,
  START_TYPES,
  type StartType,
  wantedRegistration,
} from "./registration.ts";
export { explainShortStop } from "./nssm.ts";
export { serviceStateReader } from "./scm.ts";
export { awaitState, hasStopped, isSettled, type QueriedStatus, STATE } from "./service_status.ts";
export {
  describeRecovery,
  nssmDrift,
  nssmSetCommand,
  nssmSettings,
  readNssmOutput,
  registrationDrift,
  scCommands,
  type SettingDrift,
} from "./settings.ts";
export { keptExe, upgradeExe } from "./upgrade.ts";
export { fixedDisks, isInstalling } from "./machine.ts";
export { listConnections, listenerOf } from "./tcp_table.ts";
export { makePrivate } from "./file_security.ts";
