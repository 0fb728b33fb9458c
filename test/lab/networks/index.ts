import { quickstart } from "./quickstart";
import type { NetworkSpec } from "./spec";

export { quickstart } from "./quickstart";
export type { InitialKey, MachineSpec, NetworkSpec } from "./spec";

/** The networks that `serve --network NAME` knows. */
export const NETWORKS: Readonly<Record<string, NetworkSpec>> = { quickstart };
