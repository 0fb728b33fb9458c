import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireConfirmationId, remainingActivations } from "../../../../provider/activation/batchActivation/client";
import { DEFAULT_MAC_KEY } from "../../../../provider/activation/batchActivation/constants";
import { BatchActivationError, KNOWN_SERVICE_CODES } from "../../../../provider/activation/batchActivation/errors";
import { errorOf } from "../../../failures";
import { CONFIRMATION_ID, installationId, PRODUCT_KEY_ID } from "../samples";
import { confirmed, envelope, MAC_KEY, type Reply, refused, remaining, StandIn } from "./standIn";

const IDS = { productKeyId: PRODUCT_KEY_ID, installationId: installationId() };
let service: StandIn;
beforeEach(async () => {
  service = await new StandIn().start();
});
afterEach(() => {
  service.stop();
  expect(service.complaints).toEqual([]);
});
const options = () => ({ endpoint: service.endpoint, macKey: MAC_KEY });
const acquire = (over = {}) => acquireConfirmationId(IDS, { macKey: MAC_KEY, endpoint: service.endpoint, ...over });

async function failureOf(work: Promise<unknown>): Promise<BatchActivationError> {
  const error = await errorOf(BatchActivationError, work);
  expect(error.remedy.length).toBeGreaterThan(10);
  return error;
}

describe("a question", () => {
  it("for a confirmation id is signed and encoded as the service wants it, and names both ids", async () => {
    service.replies.push(confirmed(CONFIRMATION_ID));
    expect(await acquire()).toBe(CONFIRMATION_ID);
    expect(service.asked).toEqual([{ type: "1", ...IDS }]);
  });

  it("for the remaining count names the product only", async () => {
    service.replies.push(remaining(37));
    expect(await remainingActivations(PRODUCT_KEY_ID, options())).toBe(37);
    expect(service.asked).toEqual([{ type: "2", productKeyId: PRODUCT_KEY_ID, installationId: undefined }]);
  });

  it("is signed with the published key unless another one is given", async () => {
    const published = await new StandIn(DEFAULT_MAC_KEY).start();
    try {
      published.replies.push(remaining(1));
      expect(await remainingActivations(PRODUCT_KEY_ID, { endpoint: published.endpoint })).toBe(1);
      await failureOf(remainingActivations(PRODUCT_KEY_ID, { endpoint: published.endpoint, macKey: MAC_KEY }));
      expect(published.complaints).toEqual(["digest"]);
    } finally {
      published.stop();
    }
  });

  it("carries markup in an id through unharmed", async () => {
    service.replies.push(remaining(1));
    await remainingActivations("a&b", options()).catch(() => undefined);
    expect(service.asked[0]?.productKeyId).toBe("a&amp;b");
  });
});

describe("an answer", () => {
  it("of -1 remaining is no count", async () => {
    service.replies.push(remaining(-1));
    expect(await remainingActivations(PRODUCT_KEY_ID, options())).toBeUndefined();
  });

  it.each<[string, RegExp]>([
    ["0x67", /0x67: the MAK is blocked/],
    ["0x68", /0x68: the product key is invalid/],
    ["0x71", /0x71: the service refused the installation id/],
    ["0x7F", /0x7F: the MAK has no activations left/],
    ["0x86", /0x86: the product key is of a kind/],
    ["0x90", /0x90: the installation id is wrong/],
    ["0x80004003", /0x80004003: the service failed inside/],
    ["0x007f", /0x7F: the MAK has no activations left/],
    ["0x1234", /the error 0x1234, which is not known here/],
    ["<b>", /not understood|not known/],
  ])("with the error %s says what it means, and that nothing was spent", async (code, said) => {
    service.replies.push(refused(code));
    const error = await failureOf(acquire());
    expect(error.message).toMatch(said);
    if (code !== "<b>") expect(error.spent).toBe("no");
  });

  it("has a meaning and a remedy for every listed code", () => {
    expect([...KNOWN_SERVICE_CODES].sort()).toEqual(
      ["0x67", "0x68", "0x71", "0x7F", "0x86", "0x90", "0x80004003"].sort(),
    );
  });

  it.each<[string, Reply]>([
    ["that is no XML", { raw: "<html><p>Welcome" }],
    ["of another service", { raw: envelope("x").replace("BatchActivationService", "OtherService") }],
    ["whose inner document is no XML", { inner: "<a><b></a>" }],
    [
      "whose inner document has another namespace",
      { inner: `<R xmlns="urn:x"><ResponseType>1</ResponseType><CID>${CONFIRMATION_ID}</CID></R>` },
    ],
    ["with a document type", { raw: `<!DOCTYPE x [<!ENTITY a "b">]>${envelope("x")}` }],
    ["with a confirmation id that is none", confirmed("12345")],
    ["to another question", remaining(5)],
    ["that is empty", { raw: "" }],
  ])("%s is not taken, and whether it cost anything is said to be unknown", async (_what, reply) => {
    service.replies.push(reply);
    expect((await failureOf(acquire())).spent).toBe("perhaps");
  });

  it.each<[number, RegExp, string]>([
    [500, /HTTP status 500: the service is out of order/, "perhaps"],
    [404, /no such service/, "no"],
    [403, /HTTP status 403/, "no"],
  ])("of HTTP status %i is explained", async (status, said, spent) => {
    service.replies.push({ status });
    const error = await failureOf(acquire());
    expect(error.message).toMatch(said);
    expect(error.spent).toBe(spent);
  });
});

describe("no answer", () => {
  it("where nothing listens costs nothing", async () => {
    const { endpoint } = service;
    service.stop();
    const error = await failureOf(acquireConfirmationId(IDS, { endpoint, macKey: MAC_KEY }));
    expect(error.message).toContain(`${endpoint} could not be reached (ECONNREFUSED)`);
    expect(error.spent).toBe("no");
    expect(error.remedy).toContain("activation.httpProxy");
  });

  it("after the question was sent may have cost one", async () => {
    service.replies.push("hang up");
    expect((await failureOf(acquire())).spent).toBe("perhaps");
    service.replies.push("silence");
    const error = await failureOf(acquire({ timeoutMs: 200 }));
    expect(error.message).toContain("did not answer in time");
    expect(error.spent).toBe("perhaps");
  });
});

describe("an HTTP proxy", () => {
  const proxied = () => ({ httpProxy: `http://127.0.0.1:${service.port}` });

  it("is asked for a tunnel to the service, and the question goes through it", async () => {
    service.replies.push(confirmed(CONFIRMATION_ID));
    expect(await acquire(proxied())).toBe(CONFIRMATION_ID);
    expect(service.tunnels).toEqual([`127.0.0.1:${service.port}`]);
    expect(service.asked).toHaveLength(1);
  });

  it.each([
    [407, /asks for a login/],
    [403, /did not let it through .*HTTP status 403/],
  ])("that answers %i is named, and nothing was sent", async (status, said) => {
    service.proxyStatus = status;
    const error = await failureOf(acquire(proxied()));
    expect(error.message).toMatch(said);
    expect(error.spent).toBe("no");
    expect(service.asked).toEqual([]);
  });
});
