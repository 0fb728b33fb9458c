import { adapt, type DynamicProvider } from "./adapter/adapt";
import { activationPolicyHandler } from "./resources/activationPolicy/handler";
import { dnsRecordPermissionHandler } from "./resources/dnsRecordPermission/handler";
import { firewallRuleHandler } from "./resources/firewallRule/handler";
import { kmsClientConfigHandler } from "./resources/kmsClientConfig/handler";
import { kmsHostHandler } from "./resources/kmsHost/handler";
import { makActivationHandler } from "./resources/makActivation/handler";
import { srvRecordHandler } from "./resources/srvRecord/handler";

// These names stand in the state of every deployed resource: they are wire format and never change.
export const kmsHost: DynamicProvider = adapt(kmsHostHandler);
export const kmsClientConfig: DynamicProvider = adapt(kmsClientConfigHandler);
export const firewallRule: DynamicProvider = adapt(firewallRuleHandler);
export const makActivation: DynamicProvider = adapt(makActivationHandler);
export const activationPolicy: DynamicProvider = adapt(activationPolicyHandler);
export const srvRecord: DynamicProvider = adapt(srvRecordHandler);
export const dnsRecordPermission: DynamicProvider = adapt(dnsRecordPermissionHandler);
