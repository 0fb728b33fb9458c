import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { duration, progress, UserError } from "../command.ts";
import { root } from "../paths.ts";
import { capture } from "../program.ts";
import { type Engine, engineVersion } from "./engine.ts";
import { engineIn, pathFolders, which } from "./installed.ts";
import { launcherFile, writeLauncher } from "./launcher.ts";
import { withLock } from "./lock.ts";

const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

const programs = [
  {
    name: "pulumi",
    module: join(root, "scripts", "engine", "pulumi"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version: engineVersion,
    takes: "about 3 minutes",
  },
  {
    name: "pulumi-language-nodejs",
    module: join(root, "scripts", "engine", "language-nodejs"),
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    // The last module version that contains the language host; it serves programs on current SDKs.
    version: "3.68.0",
    takes: "less than a minute",
  },
] as const;

/** The folder of the built engine: another one for whatever would make another engine. */
export function builtFolder(cache: string, platform: string = process.platform): string {
  const hash = createHash("sha256").update(`${platform} ${process.arch}\n`);
  for (const { module, version } of programs) {
    hash.update(version);
    for (const file of ["go.mod", "go.sum", "tools.go"]) hash.update(readFileSync(join(module, file)));
  }
  hash.update(launcherFile(platform).text);
  return join(cache, "engine", hash.digest("hex").slice(0, 16));
}

export function builtEngine(cache: string): Promise<Engine | undefined> {
  return engineIn(builtFolder(cache), "built");
}

/** Full path of the go program; also where its installer puts it without touching PATH. */
export function findGo(): string | undefined {
  return which("go", [...pathFolders(), "/usr/local/go/bin", "/usr/lib/go/bin"]);
}

/** Builds the engine unless another run has just done so. The folder appears complete or not at all. */
export async function buildEngine(cache: string, go: string): Promise<Engine> {
  const folder = builtFolder(cache);
  await withLock(
    `${folder}.lock`,
    ({ pid }) => progress(`waiting for the Pulumi engine that another run (process ${pid}) builds`),
    async () => {
      if (await builtEngine(cache)) return;
      await buildInto(folder, go);
    },
  );
  const engine = await builtEngine(cache);
  if (!engine) throw new UserError(`The Pulumi engine was built into ${folder}, but does not run from there.`);
  return engine;
}

async function buildInto(folder: string, go: string): Promise<void> {
  const begin = Date.now();
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    for (const program of programs) {
      progress(`building ${program.name} ${program.version} from its Go modules, ${program.takes}, once`);
      await build(go, program, unfinished);
    }
    writeLauncher(unfinished);
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  progress(`the Pulumi engine is ready (${duration(Date.now() - begin)}), kept in ${folder}`);
}

async function build(go: string, program: (typeof programs)[number], folder: string): Promise<void> {
  const file = process.platform === "win32" ? `${program.name}.exe` : program.name;
  const flags = `-s -w -X ${versionVariable}=v${program.version}`;
  const args = ["build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", join(folder, file), program.package];
  const env = { ...process.env, GOWORK: "off", CGO_ENABLED: "0" };
  const done = await capture(go, args, { cwd: program.module, env, limit: 30 * 60_000 });
  if (done.code !== 0) {
    const answer = done.stderr.trim().split("\n").slice(-15).join("\n");
    throw new UserError(`"go build" of ${program.name} in ${program.module} did not succeed:\n${answer}`);
  }
}
