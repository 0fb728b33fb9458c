import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const sdk = realpathSync(join(__dirname, "../../../sdk"));

/** Every module that a fresh Node has loaded after it required these. */
async function loadedBy(...names: string[]): Promise<string[]> {
  const script =
    `for (const name of ${JSON.stringify(names)}) require(name);` +
    "console.log(JSON.stringify(Object.keys(require.cache)));";
  const { stdout } = await run(process.execPath, ["-e", script], { cwd: sdk, maxBuffer: 10_000_000 });
  return JSON.parse(stdout) as string[];
}

it("loads nothing but itself and @pulumi/pulumi when a program imports it", async () => {
  const before = new Set(await loadedBy("@pulumi/pulumi"));
  const added = (await loadedBy("@pulumi/pulumi", join(sdk, "dist/index.js"))).filter((path) => !before.has(path));
  expect(added).toContain(join(sdk, "dist/index.js"));
  expect(
    added.filter((path) => dirname(path) !== join(sdk, "dist") && !path.startsWith(join(sdk, "dist") + sep)),
  ).toEqual([]);
  for (const path of added) expect(path).not.toMatch(/zod|ssh2|[\\/]provider[\\/]|provider\.js$/);
});

it("has a provider entry that gives exactly the frozen names", async () => {
  const script = `console.log(JSON.stringify(Object.keys(require("pulumi-volume-activation/provider")).sort()))`;
  const { stdout } = await run(process.execPath, ["-e", script], { cwd: join(sdk, "../examples/quickstart") });
  expect(JSON.parse(stdout)).toEqual([
    "activationPolicy",
    "dnsRecordPermission",
    "firewallRule",
    "kmsClientConfig",
    "kmsHost",
    "makActivation",
    "srvRecord",
  ]);
});

it("tells a program that does not have the package itself, at its first resource, with the way out", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "program-")));
  const script =
    `const { KmsHost } = require(${JSON.stringify(join(sdk, "dist/index.js"))});` +
    `try { new KmsHost("kms01", { connection: { host: "kms01" } }); } catch (error) { console.log(error.message); }`;
  try {
    const env = { ...process.env, NODE_PATH: "" };
    const { stdout } = await run(process.execPath, ["-e", script], { cwd: folder, env });
    expect(stdout.trim()).toBe(
      `the package pulumi-volume-activation cannot be resolved from ${folder}. Install it as a direct dependency of the ` +
        "Pulumi program itself (npm install pulumi-volume-activation): the engine starts the provider in that folder.",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
