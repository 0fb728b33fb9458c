import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OperationContext } from "../../../../provider/adapter/handler";
import { DnsNetwork } from "../../../../provider/dns";
import { OperationFailure } from "../../../../provider/errors/failure";
import { DeadlineError } from "../../../../provider/machine/deadline";
import type { SrvAuth } from "../../../../provider/resources/srvRecord/auth";
import { sendingOf } from "../../../../provider/resources/srvRecord/sending";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sending-"));
  for (const name of ["nsupdate", "klist", "kinit"]) {
    writeFileSync(join(folder, name), "#!/bin/sh\nexec sleep 30\n");
    chmodSync(join(folder, name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

async function endOf(auth: SrvAuth, reason: Error): Promise<unknown> {
  const context = { operation: "create", env: { PATH: `${folder}:/usr/bin:/bin` }, hide: () => {} };
  const controller = new AbortController();
  const { signal } = controller;
  setTimeout(() => controller.abort(reason), 50);
  const sending = sendingOf(
    new DnsNetwork(),
    context as unknown as OperationContext,
    auth,
    'SrvRecord "kms01"',
    signal,
  );
  return sending.catch((error: unknown) => error);
}

it.each<[string, SrvAuth]>([
  ["klist", { method: "gssTsig" }],
  ["kinit", { method: "gssTsig", principal: "a@B", keytab: "/dev/null" }],
])("a ticket that does not come in time is told in the house form (%s)", async (_program, auth) => {
  const error = await endOf(auth, new DeadlineError(60));
  expect(error).toBeInstanceOf(OperationFailure);
  expect((error as Error).message).toMatch(
    /^SrvRecord "kms01": getting a Kerberos ticket for the update failed: it took longer than 60 s\. Nothing was tried\. Next: .*krb5\.conf/,
  );
});

it("a cancelled operation ends with the reason of the cancellation, not with a word about Kerberos", async () => {
  const reason = new Error("the engine has ended");
  expect(await endOf({ method: "gssTsig" }, reason)).toBe(reason);
});
