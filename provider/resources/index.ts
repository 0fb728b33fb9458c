import type { ResourceHandler } from "../adapter/handler";
import { activationPolicyHandler } from "./activationPolicy/handler";
import { dnsRecordPermissionHandler } from "./dnsRecordPermission/handler";
import { firewallRuleHandler } from "./firewallRule/handler";
import { kmsClientConfigHandler } from "./kmsClientConfig/handler";
import { kmsHostHandler } from "./kmsHost/handler";
import { makActivationHandler } from "./makActivation/handler";
import { srvRecordHandler } from "./srvRecord/handler";

/** Every resource of this release, by type. */
export const HANDLERS: readonly ResourceHandler[] = [
  kmsHostHandler,
  kmsClientConfigHandler,
  firewallRuleHandler,
  makActivationHandler,
  activationPolicyHandler,
  srvRecordHandler,
  dnsRecordPermissionHandler,
];
