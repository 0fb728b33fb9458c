import { afterEach, expect, it, vi } from "vitest";
import { dnsRecordPermissionHandler } from "../../../../provider/resources/dnsRecordPermission/handler";
import { testCertificate } from "../../directory/certificate";
import { FakeServer } from "../../directory/fakeServer";
import { FakeController, failureOf } from "./fakeController";

let server: FakeServer | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await server?.stop();
  server = undefined;
});

it("a domain controller so slow that the operation's time runs out is told in the house form, as one that could not be looked at", async () => {
  const certificate = testCertificate();
  const at = await FakeServer.start(certificate);
  server = at;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  // Each step is within its own limit (15 s, 30 s), all together are not within 60 s.
  at.onConnection = () => void vi.advanceTimersByTime(14_000);
  at.onMessage = (socket, message) => {
    vi.advanceTimersByTime(28_000);
    at.answer(socket, message);
  };
  const { inputs } = dnsRecordPermissionHandler.check({
    resourceName: "hosts",
    zone: "contoso.com",
    account: "KMS Hosts",
    ldap: { server: `127.0.0.1:${at.port}`, user: "kms", password: "s3cret", tls: { ca: certificate.cert } },
  });
  const error = await failureOf(dnsRecordPermissionHandler.create(new FakeController().context("create"), inputs));
  expect(error.message).toContain("it took longer than 60 s");
  expect(error.couldNotLook).toBe(true);
});
