export type { MachineFacts } from "./resources/base";
export type { ConnectionArgs, EndpointArgs, TimeoutArgs } from "./resources/connection";
export { KmsClientConfig, type KmsClientConfigArgs } from "./resources/kmsClientConfig";
export { KmsHost, type KmsHostActivationArgs, type KmsHostArgs, type PublishDomainArgs } from "./resources/kmsHost";
