import { afterEach, describe, expect, it } from "vitest";
import { kmsClientConfigHandler } from "../../../provider/resources/kmsClientConfig/handler";
import { kmsHostHandler } from "../../../provider/resources/kmsHost/handler";
import { GuideLab, HOST } from "../../guide/guideLab";
import { blocks, section, textOf } from "./markdown";

/** What is another one on each lab gives way to its name; lines are folded. */
const general = (text: string): string =>
  text
    .replace(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replace(/port \d+/g, "port PORT")
    .replace(/\.\.\.[A-Z0-9]{5}\b/g, "KEY")
    .replace(/\s+/g, " ")
    .trim();

const shown = blocks(section(textOf("README.md"), "## When something goes wrong"), "text").map(general);

const messageOf = (failing: Promise<unknown>): Promise<string> =>
  failing.then(
    () => "it did not fail",
    (error: unknown) => general(error instanceof Error ? error.message : String(error)),
  );

describe("the errors that the README shows are those of today", () => {
  let at: GuideLab;
  afterEach(() => at.end());

  it("a host key that is not Licensed any more", async () => {
    at = await GuideLab.start({ machines: [HOST] });
    const host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01") });
    await at.type("kms01", "hardware");
    expect(shown[0]).toBe(await messageOf(at.repair(host)));
  });

  it("a machine that is off", async () => {
    at = await GuideLab.start({ machines: [{ name: "srv03", os: "ws2022", address: "10.0.1.3" }] });
    await at.type("srv03", "shutdown");
    expect(shown[1]).toBe(await messageOf(at.on(kmsClientConfigHandler, "srv03")));
  });
});
