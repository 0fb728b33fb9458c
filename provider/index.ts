import { adapt, type DynamicProvider } from "./adapter/adapt";
import { kmsClientConfigHandler } from "./resources/kmsClientConfig/handler";
import { kmsHostHandler } from "./resources/kmsHost/handler";

// These names stand in the state of every deployed resource: they are wire format and never change.
export const kmsHost: DynamicProvider = adapt(kmsHostHandler);
export const kmsClientConfig: DynamicProvider = adapt(kmsClientConfigHandler);
