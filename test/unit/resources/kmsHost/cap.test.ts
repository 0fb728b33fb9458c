import { expect, it, vi } from "vitest";
import { hostOutputs } from "../../../../provider/resources/kmsHost/outputs";
import { MACHINE } from "../shared/fakeMachine";
import { observed, wantedHost } from "./samples";

vi.mock("../../../../provider/resources/kmsHost/findings", () => ({
  hostFindings: () => Array.from({ length: 12 }, (_, index) => `finding ${index}`),
}));

it("stores ten findings at most, the first ones", () => {
  const history = { memory: undefined, changes: {}, restarted: false };
  const { findings } = hostOutputs(observed({}), wantedHost(), MACHINE, history);
  expect(findings).toHaveLength(10);
  expect(findings[9]).toBe("finding 9");
});
