import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { main, progress } from "../command.ts";
import { findEngine } from "../engine/find.ts";
import { root } from "../paths.ts";
import { build } from "../setup/build.ts";
import { runVitest } from "../setup/vitest.ts";

/** Benches are vitest files that print what they measure; they run alone, one after the other. */
await main(async (args) => {
  const folder = join(root, "test", "bench");
  const benches = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".bench.ts")) : [];
  if (benches.length === 0) {
    progress("There are no benches: test/bench/NAME.bench.ts is where they go.");
    return 0;
  }
  await build();
  process.env.VOLUME_ACTIVATION_BENCH = "1";
  const { failed } = await runVitest(["--project=bench", ...args], await findEngine());
  return failed === 0 ? 0 : 1;
});
