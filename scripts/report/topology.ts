import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StatusRow, TopologyRequest } from "../../provider/dist/status/index.js";
import { UserError } from "../command.ts";
import { root } from "../paths.ts";

export type { StatusRow };

/** Asks the machines of a stack themselves. The reading is the provider's own, as compiled just before. */
export async function readTopology(request: TopologyRequest): Promise<StatusRow[]> {
  const path = join(root, "provider", "dist", "status", "index.js");
  if (!existsSync(path)) throw new UserError(`The provider is not built (${path} is missing): run "npm run build".`);
  const status = (await import(pathToFileURL(path).href)) as typeof import("../../provider/dist/status/index.js");
  return status.readTopology(request);
}
