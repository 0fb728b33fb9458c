import { z } from "zod";

const ledgerEntry = z.object({
  time: z.string(),
  machine: z.string(),
  partialProductKey: z.string(),
  kind: z.string(),
  method: z.string(),
});
export const ledgerAnswer = z.object({
  entries: z.array(ledgerEntry),
  balances: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      partialProductKey: z.string(),
      limit: z.number(),
      hosts: z.record(z.string(), z.number()),
    }),
  ),
});

export function printLedger(ledger: z.infer<typeof ledgerAnswer>): void {
  if (ledger.entries.length === 0) console.log("No activation has been spent.");
  for (const entry of ledger.entries) {
    console.log(`${entry.time}  ${entry.machine}  *****-${entry.partialProductKey}  ${entry.kind} (${entry.method})`);
  }
  for (const { name, partialProductKey, limit, hosts } of ledger.balances.filter(({ kind }) => kind === "mak")) {
    const used = Object.values(hosts).reduce((sum, count) => sum + count, 0);
    console.log(`${name}  *****-${partialProductKey}  ${used} of ${limit} activations used`);
  }
}

/** Of a machine's state only what this prints is looked at; the rest is for `--json`. */
export const stateAnswer = z.looseObject({
  fqdn: z.string(),
  powered: z.boolean(),
  os: z.object({ caption: z.string(), language: z.string() }),
  clock: z.string(),
  products: z.array(
    z.object({
      description: z.string(),
      partialProductKey: z.string(),
      licenseStatusName: z.string(),
      graceMinutesRemaining: z.number(),
    }),
  ),
  kmsHost: z.object({ active: z.boolean(), port: z.number().nullable(), count: z.number() }),
  kmsClient: z.object({ target: z.string().nullable(), lastResult: z.string().nullable() }),
  service: z.object({ running: z.boolean(), restarts: z.number() }),
});

export function printState(state: z.infer<typeof stateAnswer>): void {
  console.log(`${state.fqdn}: ${state.os.caption} (${state.os.language}), ${state.powered ? "on" : "off"}`);
  console.log(`  clock    ${state.clock}`);
  if (state.products.length === 0) console.log("  product  no key");
  for (const product of state.products) {
    const left = product.graceMinutesRemaining > 0 ? `, ${product.graceMinutesRemaining} minutes left` : "";
    console.log(`  product  ${product.description}, *****-${product.partialProductKey}`);
    console.log(`  status   ${product.licenseStatusName}${left}`);
  }
  if (state.kmsHost.active)
    console.log(`  KMS host port ${state.kmsHost.port ?? "none"}, count ${state.kmsHost.count}`);
  console.log(
    `  KMS      ${state.kmsClient.target ?? "by discovery"}, last answer ${state.kmsClient.lastResult ?? "none"}`,
  );
  console.log(`  sppsvc   ${state.service.running ? "running" : "stopped"}, restarted ${state.service.restarts} times`);
}

export const dnsAnswer = z.looseObject({
  host: z.string(),
  port: z.number(),
  open: z.boolean(),
  zones: z.array(
    z.object({
      name: z.string(),
      serial: z.number(),
      allowUpdate: z.array(z.string()),
      records: z.array(z.object({ name: z.string(), type: z.string(), ttl: z.number(), data: z.string() })),
    }),
  ),
});

export function printDns(dns: z.infer<typeof dnsAnswer>): void {
  console.log(`DNS server ${dns.host}:${dns.port}, ${dns.open ? "open" : "closed"}`);
  for (const { name, serial, allowUpdate, records } of dns.zones) {
    console.log(`${name}: serial ${serial}, updates from ${allowUpdate.join(" and ") || "nobody"}`);
    for (const record of records) console.log(`  ${record.name} ${record.ttl} ${record.type} ${record.data}`);
  }
}
