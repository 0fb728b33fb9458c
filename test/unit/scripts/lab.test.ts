import { expect, it } from "vitest";
import { labArguments } from "../../../scripts/lab/arguments.ts";

it("serves when no subcommand is given", () => {
  expect(labArguments([], "/l")).toEqual(["serve", "--state", "/l"]);
  expect(labArguments(["--json"], "/l")).toEqual(["serve", "--state", "/l", "--json"]);
});

it("hands a subcommand on with this checkout's state", () => {
  expect(labArguments(["change", "kms01", "slmgr", "/sprt", "1700"], "/l")).toEqual([
    ...["change", "--state", "/l"],
    ...["kms01", "slmgr", "/sprt", "1700"],
  ]);
});

it("leaves a state alone that the user names", () => {
  expect(labArguments(["state", "--state=/mine"], "/l")).toEqual(["state", "--state=/mine"]);
});
