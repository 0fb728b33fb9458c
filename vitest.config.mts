import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const at = (path: string): string => resolve(import.meta.dirname, path);

/** Suites that start real programs (the Pulumi engine, name servers, sshd): slow, and one suite after another. */
const heavySuites = ["engine", "guide", "servers"];

/** Test files at the same time. Those of the engine wait for programs more than they compute; servers have fixed ports. */
const workers = (suite: string): number => (suite === "engine" ? 2 : 1);

const never = ["**/node_modules/**", "**/dist/**"];

/** Benches measure and prove nothing: only `npm run bench` runs them. */
const benches = process.env.VOLUME_ACTIVATION_BENCH === "1" ? ["bench"] : [];

/** Tests run on the sources, so that no build stands between an edit and its test. */
const alias = [
  { find: /^pulumi-volume-activation-provider\/package\.json$/, replacement: at("provider/package.json") },
  { find: /^pulumi-volume-activation-provider$/, replacement: at("provider/index.ts") },
  { find: /^pulumi-volume-activation-provider\/(.+)$/, replacement: at("provider/$1") },
  { find: /^pulumi-volume-activation-lab$/, replacement: at("test/lab/index.ts") },
  { find: /^pulumi-volume-activation$/, replacement: at("sdk/index.ts") },
  { find: /^pulumi-volume-activation\/provider$/, replacement: at("sdk/provider.ts") },
];

export default defineConfig({
  resolve: { alias },
  test: {
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...never, ...heavySuites.map((suite) => `test/${suite}/**`), "test/bench/**"],
          setupFiles: [at("test/setup.ts")],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      ...[...heavySuites, ...benches].map((suite, index) => ({
        extends: true as const,
        test: {
          name: suite,
          include: [`test/${suite}/**/*.${suite === "bench" ? "bench" : "test"}.ts`],
          exclude: never,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: workers(suite) > 1,
          maxWorkers: workers(suite),
          sequence: { groupOrder: index + 1 },
        },
      })),
    ],
  },
});
