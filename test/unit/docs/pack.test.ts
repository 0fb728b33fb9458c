import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT, textOf } from "./markdown";

const run = promisify(execFile);

const PACKAGES = {
  sdk: ["dist/index.js", "dist/index.d.ts", "dist/provider.js"],
  provider: [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/keys/gvlk.json",
    "agent/agent.ps1",
    "agent/ops/wmi.ps1",
    "agent/PROTOCOL.md",
  ],
  "test/lab": ["dist/index.js", "dist/index.d.ts", "dist/bin.js"],
} as const;

/** What npm would put into each package's archive, by package folder. */
async function packed(): Promise<Map<string, string[]>> {
  const folders = Object.keys(PACKAGES);
  const words = ["pack", "--dry-run", "--json", "--loglevel=silent", ...folders.flatMap((folder) => ["-w", folder])];
  const { stdout } = await run("npm", words, { cwd: ROOT, shell: process.platform === "win32", maxBuffer: 10_000_000 });
  const archives = JSON.parse(stdout) as { name: string; files: { path: string }[] }[];
  return new Map(
    folders.map((folder) => {
      const { name } = JSON.parse(textOf(`${folder}/package.json`)) as { name: string };
      return [folder, archives.find((archive) => archive.name === name)?.files.map(({ path }) => path) ?? []];
    }),
  );
}

describe.each(Object.entries(PACKAGES))("the package in %s", (folder, wanted) => {
  let files: string[] = [];
  beforeAll(async () => {
    if (!existsSync(join(ROOT, folder, "dist"))) throw new Error('the packages are not built: run "npm run build"');
    files = (await packed()).get(folder) ?? [];
  });

  it("ships what it needs to run and to be read", () => {
    for (const file of [...wanted, "package.json", "README.md", "LICENSE"]) expect(files).toContain(file);
  });

  it("ships no sources, no tests and no leftovers of the compiler", () => {
    const others = files.filter(
      (file) =>
        /(?<!\.d)\.ts$|\.tsbuildinfo$|\.test\.|(^|\/)node_modules\/|\.tgz$/.test(file) || file.startsWith("test"),
    );
    expect(others).toEqual([]);
  });

  it("ships the licence of the repository", () => {
    expect(readFileSync(join(ROOT, folder, "LICENSE"), "utf8")).toBe(textOf("LICENSE"));
  });

  it("points only at files that it ships", () => {
    const manifest = JSON.parse(textOf(`${folder}/package.json`)) as {
      main: string;
      types: string;
      bin?: { [name: string]: string };
    };
    for (const file of [manifest.main, manifest.types, ...Object.values(manifest.bin ?? {})]) {
      expect(files).toContain(file.replace(/^\.\//, ""));
    }
  });
});
