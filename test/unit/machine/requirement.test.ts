import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requirement, rootRequirement } from "../../servers/requirement";

describe("a suite's requirement", () => {
  let notes: string;
  beforeEach(() => {
    notes = join(mkdtempSync(join(tmpdir(), "skips-")), "skips");
    vi.stubEnv("VOLUME_ACTIVATION_SKIPS", notes);
    vi.stubEnv("CI", undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(join(notes, ".."), { recursive: true });
  });

  it("is met by a program at its path or on the PATH", () => {
    expect(requirement("Node", process.execPath)).toEqual({ available: true, why: process.execPath });
    expect(requirement("Shell", "sh").available).toBe(true);
  });

  it("that is missing leaves a note with the reason", () => {
    expect(requirement("Nothing", "/nowhere/nothingd").available).toBe(false);
    expect(requirement("Nothing2", "no-such-program-anywhere").available).toBe(false);
    expect(readFileSync(notes, "utf8")).toBe(
      "Nothing: /nowhere/nothingd is not installed\nNothing2: no-such-program-anywhere is not installed\n",
    );
  });

  it("of root that is not met leaves a note, and is no failure on a build server, where nothing can be installed against it", () => {
    vi.stubEnv("CI", "true");
    const getuid = vi.spyOn(process, "getuid").mockReturnValue(1000);
    expect(rootRequirement("Ports")).toEqual({ available: false, why: "needs root" });
    expect(readFileSync(notes, "utf8")).toBe("Ports: needs root\n");
    getuid.mockReturnValue(0);
    expect(rootRequirement("Ports").available).toBe(true);
    getuid.mockRestore();
  });

  it("that is missing is a failure on a build server", () => {
    vi.stubEnv("CI", "true");
    expect(() => requirement("Nothing", "/nowhere/nothingd")).toThrow("may not be skipped");
  });
});
