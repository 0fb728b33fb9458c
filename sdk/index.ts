export type { MachineFacts } from "./resources/base";
export type { ConnectionArgs, EndpointArgs, TimeoutArgs } from "./resources/connection";
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
export { type SrvAuthArgs, SrvRecord, type SrvRecordArgs } from "./resources/srvRecord";
