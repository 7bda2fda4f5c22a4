/**
 * Icinga 2 on this host: its files, processes and connections, and the API of its parents.
 *
 * @module
 */
export { type Access, chooseParents, findAccess } from "./access.ts";
export { ApiConnection, type Credentials, parseAnswer } from "./api.ts";
export {
  type CheckResult,
  explainRefusedResult,
  type Fate,
  fateOf,
  hasPermission,
  introduce,
  type Introduced,
  readAnswer,
  sendResult,
  userDefinition,
} from "./check_result.ts";
export { nextUpdate, readCertificate } from "./certificate.ts";
export { folderOfProgram, type IcingaFolder, icingaFolder, lookAt } from "./folder.ts";
export {
  type Connection,
  connectionKey,
  type HostSources,
  parentLinks,
  Seen,
  treeOf,
} from "./connections.ts";
export { type Answer } from "./handshake.ts";
export { diagnose, type Diagnosis, type DiagnosisParts } from "./diagnose.ts";
export { eventReader, type ReadEvents } from "./event_log.ts";
export { parseTcp, procHolder, procSources, procTree } from "./proc.ts";
export { checkDataDir, checkRepair } from "./settings.ts";
export { moveStateFile, stateFault } from "./state_file.ts";
export {
  configSignature,
  readValidation,
  validate,
  type ValidatePlan,
  type Validation,
} from "./validate.ts";
export { type IcingaSample, Sampler } from "./sample.ts";
export {
  type CrashReport,
  criticalLines,
  readCrashes,
  readLog,
  refusalIn,
  stateAttempt,
} from "./log.ts";
export { describeEndpoint, type Endpoint, readNode } from "./node.ts";
