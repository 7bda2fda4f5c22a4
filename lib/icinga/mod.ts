/**
 * Icinga 2 on this host: its files, processes and connections, and the API of its parents.
 *
 * @module
 */
export { type Access, type AccessSettings, chooseParents, findAccess } from "./access.ts";
export {
  type ApiAnswer,
  ApiConnection,
  type Credentials,
  describeEndpoint,
  parseAnswer,
} from "./api.ts";
export {
  type CheckResult,
  explainRefusedResult,
  type Fate,
  fateOf,
  hasPermission,
  type Identity,
  introduce,
  type Introduced,
  objectDefinition,
  readAnswer,
  SEND_PERMISSION,
  sendResult,
  userDefinition,
} from "./check_result.ts";
export {
  type CertificateFacts,
  certificateFiles,
  nextUpdate,
  readCertificate,
} from "./certificate.ts";
export { type FileFacts, type IcingaFolder, icingaFolder, lookAt } from "./folder.ts";
export {
  type Connection,
  connectionKey,
  LINK_AGE,
  parentLinks,
  type ProcessLink,
  Seen,
  treeOf,
} from "./connections.ts";
export { type Answer, type HandshakePlan, tryHandshake } from "./handshake.ts";
export { diagnose, type Diagnosis, type DiagnosisParts } from "./diagnose.ts";
export { parseTcp, procHolder, procSources, procTree } from "./proc.ts";
export { checkDataDir, checkRepair, REPAIRS } from "./settings.ts";
export { moveStateFile, stateFault, stateFileOf } from "./state_file.ts";
export {
  configSignature,
  readValidation,
  validate,
  type ValidatePlan,
  type Validation,
} from "./validate.ts";
export {
  type HostSources,
  type IcingaSample,
  type ParentLink,
  Sampler,
  type TreeFacts,
} from "./sample.ts";
export {
  type CrashReport,
  criticalLines,
  type LogLine,
  readCrashes,
  readLog,
  refusalIn,
} from "./log.ts";
export { type Endpoint, type IcingaNode, readNode } from "./node.ts";
