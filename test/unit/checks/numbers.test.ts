import { describe, expect, it } from "vitest";
import { checkMinutes, checkPort, checkSrvPriorityWeight } from "../../../provider/checks";

describe.each([
  ["checkPort", checkPort, 1, 65535],
  ["checkMinutes", checkMinutes, 15, 43200],
  ["checkSrvPriorityWeight", checkSrvPriorityWeight, 0, 65535],
] as const)("%s", (_name, check, least, most) => {
  it("allows both ends of its range", () => {
    expect(check(least)).toBeUndefined();
    expect(check(most)).toBeUndefined();
  });

  it("refuses what lies outside and names what is allowed", () => {
    for (const value of [least - 1, most + 1, -1688, 100.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(check(value)).toContain(`from ${least} to ${most}`);
  });
});
