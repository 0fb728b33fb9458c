import { UserError } from "../command.ts";
import { cacheDirectory, makeFolder } from "../paths.ts";
import { buildEngine, builtEngine, findGo } from "./build.ts";
import { type Engine, engineVersion, oldestUsableVersion } from "./engine.ts";
import { installedEngine, pathFolders } from "./installed.ts";
import { fetchOfficial, officialEngine } from "./official.ts";

/** Milliseconds for the official launcher where the engine can also be built, and where it is the last way. */
const patience = { withGo: 20_000, withoutGo: 5 * 60_000 };

/** The Pulumi engine to use: the machine's own, one of ours from before, the official download, or a build. */
export async function findEngine(): Promise<Engine> {
  const installed = await installedEngine(pathFolders());
  if (!("refused" in installed)) return installed;
  const cache = cacheDirectory();
  const kept = (await builtEngine(cache)) ?? (await officialEngine(cache));
  if (kept) return kept;
  makeFolder(cache, "XDG_CACHE_HOME");
  const go = findGo();
  const official = await fetchOfficial(cache, go ? patience.withGo : patience.withoutGo);
  if (!("refused" in official)) return official;
  const reasons = [...(installed.refused ? [installed.refused] : []), official.refused];
  if (!go) throw noEngine([...reasons, "Go, to build it, is not installed"]);
  try {
    return await buildEngine(cache, go);
  } catch (error) {
    throw noEngine([...reasons, error instanceof Error ? error.message : String(error)]);
  }
}

function noEngine(reasons: readonly string[]): UserError {
  return new UserError(
    [
      "There is no Pulumi engine to run with:",
      ...reasons.map((reason) => `  - ${reason}`),
      "One of these helps:",
      `  1. install Pulumi ${oldestUsableVersion} or later, so that "pulumi version" answers in this shell;`,
      `  2. allow this machine to reach Pulumi's download site, and run this again: it fetches ${engineVersion};`,
      "  3. install Go 1.26 or later and let it reach a Go module proxy (GOPROXY): the engine is then built, once.",
    ].join("\n"),
  );
}
