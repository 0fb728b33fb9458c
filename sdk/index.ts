export {
  AnswerFile,
  type AnswerFileArgs,
  type OneShotArgs,
  Rearm,
  type RearmArgs,
  Sysprep,
  type SysprepArgs,
} from "./components/oneShot";
export { RemoteManagement, type RemoteManagementArgs } from "./components/remoteManagement";
export {
  ACTIVATION_URL_SOURCES,
  type ActivationUrl,
  activationEndpoints,
  activationUrls,
} from "./helpers/activationUrls";
export {
  type BindHost,
  type BindUpdatePolicyArgs,
  type BindZoneArgs,
  bindUpdatePolicy,
  bindZoneLines,
} from "./helpers/bind";
export { type CommandConnectionArgs, type CommandEndpointArgs, commandConnection } from "./helpers/commandConnection";
export type { Lifted } from "./helpers/lift";
export { type MdtRulesArgs, mdtRules, mdtRulesOutput } from "./helpers/mdtRules";
export {
  type ClientRegArgs,
  clientReg,
  type PublishListEntry,
  type PublishListOptions,
  publishListReg,
  readPublishListReg,
} from "./helpers/registryFiles";
export {
  type GvlkEntry,
  gvlk,
  type ParsedProductKey,
  parseProductKey,
  type SetupKeyQuery,
  setupKeyDate,
  setupKeys,
} from "./helpers/setupKeys";
export { type ProcessorArchitecture, type UnattendArgs, unattendXml, unattendXmlOutput } from "./helpers/unattendXml";
export { ActivationPolicy, type ActivationPolicyArgs } from "./resources/activationPolicy";
export type { MachineFacts } from "./resources/base";
export type { ConnectionArgs, EndpointArgs, TimeoutArgs } from "./resources/connection";
export {
  DnsRecordPermission,
  type DnsRecordPermissionArgs,
  type LdapArgs,
  type LdapTlsArgs,
} from "./resources/dnsRecordPermission";
export {
  type FirewallGroup,
  type FirewallProfile,
  FirewallRule,
  type FirewallRuleArgs,
  type FirewallRuleFacts,
} from "./resources/firewallRule";
export { KmsClientConfig, type KmsClientConfigArgs } from "./resources/kmsClientConfig";
export { KmsHost, type KmsHostActivationArgs, type KmsHostArgs, type PublishDomainArgs } from "./resources/kmsHost";
export { MakActivation, type MakActivationArgs, type MakActivationMethodArgs } from "./resources/makActivation";
export { type SrvAuthArgs, SrvRecord, type SrvRecordArgs, type WaitForArgs } from "./resources/srvRecord";
