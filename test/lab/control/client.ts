import type { ControlAddress } from "./server";

/** The lab answered, and the answer is a refusal. */
export class ControlRefused extends Error {
  override readonly name = "ControlRefused";
}

/** One action of a running lab. Throws {@link ControlRefused}, or what `fetch` throws when nobody answers. */
export async function callControl(address: ControlAddress, action: string, body: unknown = {}): Promise<unknown> {
  const response = await fetch(`${address.url}/${action}`, {
    method: "POST",
    headers: { authorization: `Bearer ${address.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const error = typeof answer === "object" && answer !== null && "error" in answer ? String(answer.error) : "";
  throw new ControlRefused(error === "" ? `The lab answered with HTTP status ${response.status}.` : error);
}
