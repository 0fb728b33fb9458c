import type { ResourceHandler } from "../adapter/handler";
import { kmsClientConfigHandler } from "./kmsClientConfig/handler";
import { kmsHostHandler } from "./kmsHost/handler";

/** Every resource of this release, by type. */
export const HANDLERS: readonly ResourceHandler[] = [kmsHostHandler, kmsClientConfigHandler];
