// What there is, apart from what it should be: machines and name server come from the stack's configuration, so the
// same program runs on the lab and on real hosts.
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, SrvRecordArgs } from "pulumi-volume-activation";

interface Machine {
  host: string;
  port?: number;
  hostKey: string;
}

const config = new pulumi.Config();
const machines = config.requireObject<{ [name: string]: Machine }>("machines");
const dns = config.requireObject<{ server: string; keyName: string }>("dns");

/** Product keys by machine, secret. */
export const keys = config.requireSecretObject<{ kms01: string; kms02: string; mak01: string }>("keys");

export const zones = ["contoso.com", "corp.contoso.com"];

/** Clients that ask a fixed host; all others find theirs by SRV records. */
export const pinned: { [client: string]: string } = {
  pc06: "kms02.contoso.com",
  srv06: "10.0.0.12",
};

export const clients = Object.keys(machines).filter((name) => !/^(kms|mak)\d+$/.test(name));

export const dnsServer: Pick<SrvRecordArgs, "server" | "auth"> = {
  server: dns.server,
  auth: { method: "tsig", keyName: dns.keyName, credentials: "dns" },
};

export function connect(name: string): ConnectionArgs {
  const machine = machines[name];
  if (!machine) throw new Error(`the configuration "machines" has no ${name}`);
  return { ...machine, credentials: "admin" };
}
