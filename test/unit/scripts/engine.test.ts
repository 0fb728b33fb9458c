import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { engineParts, parseVersion, usable } from "../../../scripts/engine/engine.ts";
import { engineIn, installedEngine } from "../../../scripts/engine/installed.ts";
import { launcherFile } from "../../../scripts/engine/launcher.ts";
import { leftBehind, withLock } from "../../../scripts/engine/lock.ts";
import { triedLately } from "../../../scripts/engine/official.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function programs(name: string, version: string, parts: readonly string[] = engineParts): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const part of parts) {
    writeFileSync(join(path, part), `#!/bin/sh\necho ${version}\n`);
    chmodSync(join(path, part), 0o755);
  }
  return path;
}

it("reads versions and knows which are old", () => {
  expect(parseVersion("v3.259.0\n")).toBe("3.259.0");
  expect(parseVersion("3.230.1-dev.0")).toBe("3.230.1");
  expect(parseVersion("command not found")).toBeUndefined();
  expect(["3.227.0", "3.1000.0", "4.0.0"].map(usable)).toEqual([true, true, true]);
  expect(["3.226.9", "2.999.0", undefined].map(usable)).toEqual([false, false, false]);
});

it.runIf(process.platform !== "win32")("takes a complete engine on PATH", async () => {
  const path = programs("a", "v3.259.0");
  expect(await installedEngine(["/nowhere", path])).toMatchObject({ pulumi: join(path, "pulumi"), version: "3.259.0" });
});

it.runIf(process.platform !== "win32")("finds the other programs beside what a link on PATH leads to", async () => {
  const path = programs("a", "v3.259.0");
  const links = join(folder, "links");
  mkdirSync(links);
  symlinkSync(join(path, "pulumi"), join(links, "pulumi"));
  expect(await installedEngine([links])).toMatchObject({ path: [links, path] });
});

it.runIf(process.platform !== "win32")("says why it does not take what is on PATH", async () => {
  const old = programs("old", "v3.100.0");
  const bare = programs("bare", "v3.259.0", ["pulumi"]);
  expect(await installedEngine([old])).toEqual({ refused: `${join(old, "pulumi")} is version 3.100.0` });
  expect(await installedEngine([bare])).toEqual({
    refused: `${join(bare, "pulumi")} comes without pulumi-language-nodejs and pulumi-resource-pulumi-nodejs`,
  });
  expect(await installedEngine([folder])).toEqual({ refused: undefined });
});

it("takes no engine from a folder that lacks a part of it", async () => {
  expect(await engineIn(programs("half", "v3.259.0", engineParts.slice(0, 2)), "built")).toBeUndefined();
});

it("leaves no shell between the engine and the provider", () => {
  expect(launcherFile("linux").text).toMatch(/^exec node /m);
  expect(launcherFile("win32").name).toMatch(/\.cmd$/);
});

it("remembers a failed download for a day", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  expect(triedLately("2026-11-23T00:00:00Z", now)).toBe(true);
  expect(triedLately("2026-11-22T11:59:00Z", now)).toBe(false);
  expect(triedLately(undefined, now)).toBe(false);
});

it("lets one at a time hold the lock, and says so to the other", async () => {
  const path = join(folder, "x.lock");
  const order: string[] = [];
  const hold = (name: string, time: number) =>
    withLock(
      path,
      ({ pid }) => order.push(`${name} waits for ${pid === process.pid ? "us" : pid}`),
      async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, time));
        order.push(`${name} ends`);
      },
    );
  const first = hold("first", 500);
  await hold("second", 0);
  await first;
  expect(order).toEqual(["first begins", "second waits for us", "first ends", "second begins", "second ends"]);
});

it("takes over the lock of a process that is dead", async () => {
  const path = join(folder, "x.lock");
  writeFileSync(path, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
  expect(
    await withLock(
      path,
      () => {},
      async () => readFileSync(path, "utf8"),
    ),
  ).toContain(`"pid":${process.pid}`);
});

it("waits long for a lock of another machine, whose processes it cannot see", () => {
  const holder = { pid: 1, host: "elsewhere" };
  expect(leftBehind(holder, 60_000, () => false)).toBe(false);
  expect(leftBehind(holder, 3_600_000, () => true)).toBe(true);
});
