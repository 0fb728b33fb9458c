import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pythonRequirement, requirement, rootRequirement } from "../../servers/requirement";

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

  it("is met by a Python with the module, and not by one without it", () => {
    const { available } = requirement("Python", "/usr/bin/python3");
    expect(pythonRequirement("json").available).toBe(available);
    expect(pythonRequirement("no_such_module_of_ours").available).toBe(false);
    expect(readFileSync(notes, "utf8")).toContain("no_such_module_of_ours");
  });

  it("is met by root where a server needs that, and by nobody else", () => {
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    expect(rootRequirement("Server").available).toBe(false);
    expect(readFileSync(notes, "utf8")).toBe("Server: it is started by root only\n");
    vi.mocked(process.getuid ?? vi.fn()).mockReturnValue(0);
    expect(rootRequirement("Server").available).toBe(true);
    vi.restoreAllMocks();
  });

  it("that is missing is a failure on a build server", () => {
    vi.stubEnv("CI", "true");
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    expect(() => requirement("Nothing", "/nowhere/nothingd")).toThrow("may not be skipped");
    expect(() => pythonRequirement("no_such_module_of_ours")).toThrow("may not be skipped");
    expect(() => rootRequirement("Server")).toThrow("may not be skipped");
    vi.restoreAllMocks();
  });
});
