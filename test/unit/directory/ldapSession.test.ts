import { afterEach, describe, expect, it } from "vitest";
import { DirectoryError } from "../../../provider/directory/errors";
import { LdapSession } from "../../../provider/directory/ldap/session";
import type { Trust } from "../../../provider/directory/ldap/trust";
import { errorOf } from "../../failures";
import { type TestCertificate, testCertificate } from "./certificate";
import { FakeServer } from "./fakeServer";

const LOGIN = { user: "kms@contoso.com", password: "s3cret" };

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function started(certificate: TestCertificate): Promise<FakeServer> {
  server = await FakeServer.start(certificate);
  return server;
}
const open = (at: FakeServer, trust: Trust, signal = new AbortController().signal, login = LOGIN) =>
  LdapSession.open({ host: "127.0.0.1", port: at.port }, trust, login, signal);
const refused = (work: Promise<unknown>) => errorOf(DirectoryError, work);

describe("a server's certificate", () => {
  it("that an authority of ldap.tls.ca vouches for is believed, and the login is sent", async () => {
    const certificate = testCertificate();
    const at = await started(certificate);
    const session = await open(at, { ca: certificate.cert });
    expect(at.received.includes("s3cret")).toBe(true);
    await session.close();
  });

  it("that is pinned is believed, whatever its name", async () => {
    const certificate = testCertificate({ address: "192.0.2.1" });
    const at = await started(certificate);
    await (await open(at, { fingerprint: certificate.fingerprint.replaceAll(":", "").toLowerCase() })).close();
    expect(at.received.includes("s3cret")).toBe(true);
  });

  it.each<[string, { address?: string; days?: number }, (own: TestCertificate) => Trust, RegExp]>([
    [
      "that nobody vouches for",
      {},
      () => ({}),
      /signed by itself, and nobody vouches for it here; it shows the certificate of dc01\.contoso\.com/,
    ],
    ["of another name", { address: "192.0.2.1" }, ({ cert }) => ({ ca: cert }), /is for another name/],
    ["that has expired", { days: -1 }, ({ cert }) => ({ ca: cert }), /has expired/],
    [
      "that is not the pinned one",
      {},
      () => ({ fingerprint: "0".repeat(64) }),
      /another certificate than the one that is pinned/,
    ],
    [
      "that is pinned right, with an authority that did not make it",
      {},
      ({ fingerprint }) => ({ fingerprint, ca: testCertificate().cert }),
      /does not prove who it is/,
    ],
  ])("%s is refused before anything is sent", async (_what, options, trust, said) => {
    const certificate = testCertificate(options);
    const at = await started(certificate);
    const error = await refused(open(at, trust(certificate)));
    expect(error.kind).toBe("certificate");
    expect(error.message).toMatch(said);
    expect(at.received).toHaveLength(0);
  });
});

describe("a session", () => {
  const trusted = async () => {
    const certificate = testCertificate();
    return { at: await started(certificate), trust: { ca: certificate.cert } };
  };

  it("is never opened without a password, which servers take for nobody's login", async () => {
    const { at, trust } = await trusted();
    const error = await refused(open(at, trust, undefined, { user: "kms", password: "" }));
    expect(error.kind).toBe("login");
    expect(at.connections).toBe(0);
  });

  it("whose connection ends is an error that leaves open what was done, and is not opened again behind our back", async () => {
    const { at, trust } = await trusted();
    const session = await open(at, trust);
    at.onMessage = (socket) => socket.destroy();
    const error = await refused(session.writeRights("DC=x", Buffer.alloc(4)));
    expect(error).toMatchObject({ kind: "lost", outcomeUnknown: true });
    expect(await refused(session.read("DC=x", ["cn"]))).toMatchObject({ kind: "lost" });
    expect(at.connections).toBe(1);
    await session.close();
  });

  it("ends when the operation is cancelled, also while it waits for an answer", async () => {
    const { at, trust } = await trusted();
    const controller = new AbortController();
    const session = await open(at, trust, controller.signal);
    at.onMessage = () => controller.abort(new Error("cancelled"));
    await expect(session.read("DC=x", ["cn"])).rejects.toThrow("cancelled");
    await session.close();
  });

  it("is given up when the operation is cancelled before its login is answered", async () => {
    const { at, trust } = await trusted();
    at.onMessage = () => {};
    const controller = new AbortController();
    const opening = open(at, trust, controller.signal);
    setTimeout(() => controller.abort(new Error("cancelled")), 100);
    await expect(opening).rejects.toThrow("cancelled");
  });

  it("reads an answer that is no LDAP as an error of ours", async () => {
    const { at, trust } = await trusted();
    const controller = new AbortController();
    const session = await open(at, trust, controller.signal);
    at.onMessage = (socket) => {
      socket.write(Buffer.from("30050201ff6500ffffffff", "hex"));
      socket.end();
    };
    const error = await refused(session.read("DC=x", ["cn"]));
    expect(["lost", "answer"]).toContain(error.kind);
    await session.close();
  });
});
