import { expect, it } from "vitest";
import { fuzzAnswers } from "./fuzzing";

/** The bench goes on to a million. */
const ROUNDS = 50_000;

it("mutated answers give data or an error of ours, never another error, and never a believed change", () => {
  const outcomes = fuzzAnswers(ROUNDS);
  expect(outcomes.believed).toBe(0);
  expect(outcomes.data).toBeGreaterThan(1000);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
