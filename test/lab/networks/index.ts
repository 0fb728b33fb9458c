import { contoso } from "./contoso";
import { directory } from "./directory";
import { quickstart } from "./quickstart";
import type { NetworkSpec } from "./spec";

export { contoso } from "./contoso";
export { directory } from "./directory";
export { quickstart } from "./quickstart";
export type {
  AccountSpec,
  ActivationObject,
  GroupSpec,
  InitialKey,
  MachineSpec,
  NetworkSpec,
  ZoneSpec,
} from "./spec";

/** The networks that `serve --network NAME` knows. */
export const NETWORKS: Readonly<Record<string, NetworkSpec>> = { quickstart, contoso, directory };
