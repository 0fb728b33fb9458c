import type { AgentErrorKind, BatchArgs } from "../../../provider/machine/protocol";

/** Where the suite may write on a real Windows; nothing else there is changed. */
export const SCRATCH = "SOFTWARE\\pulumi-volume-activation-conformance";
export const CURRENT_VERSION = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
export const MARKER = { key: SCRATCH, name: "RestartOwed" };

interface Refusal {
  title: string;
  op: string;
  args: unknown;
  kind?: AgentErrorKind;
}

const expectation = { partialProductKey: "", property: "LicenseStatus", test: "eq", value: 1 };
const rule = {
  name: "conformance",
  grouping: "pulumi-volume-activation-conformance",
  description: "",
  direction: "in",
  action: "allow",
  enabled: false,
  profiles: 1,
  protocol: 6,
  localPorts: "1700",
  remoteAddresses: "*",
  program: "",
  service: "",
};
const srv = { priority: 0, weight: 0, port: 1688, target: "kms01.contoso.com" };
const dns = (changes: object) => ({
  zone: "contoso.com",
  name: "_vlmcs._tcp",
  expected: [],
  deletes: [],
  add: { ...srv, ttl: 60 },
  ...changes,
});
const events = { log: "Application", ids: [12288], max: 10 };
const write = (kind: string, data: unknown) => ({ key: SCRATCH, name: "value", kind, data });
const node = { zone: "contoso.com", name: "_vlmcs._tcp" };
const NODE_DN = "DC=_vlmcs._tcp,DC=contoso.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=com";
const rights = (changes: object) => ({ dn: NODE_DN, expected: "AQAEgA==", descriptor: "AQAEgA==", ...changes });
const batch = (changes: Partial<Record<keyof BatchArgs, unknown>>) => ({ steps: [], reads: [], ...changes });
const slmgr = (verb: string, values?: unknown, more: object = {}) => ({
  verb,
  ...(values === undefined ? {} : { values }),
  ...more,
});

/** Requests that change nothing, because they are wrong. Where no kind is said, it is `refused`. */
export const REFUSALS: Refusal[] = [
  { title: "an operation that does not exist", op: "format", args: {} },
  { title: "an operation in other letters", op: "Ping", args: {} },
  { title: "the name of an inherited property", op: "constructor", args: {} },
  { title: "arguments that are a list", op: "ping", args: [] },
  { title: "arguments that are null", op: "ping", args: null },
  { title: "columns that are no list", op: "licensing.read", args: { service: "Version", product: [] } },
  { title: "columns that are no text", op: "licensing.read", args: { service: [1], product: [] } },
  {
    title: "an ApplicationID with a quote",
    op: "licensing.read",
    args: { service: [], product: ["ID"], applicationId: "' OR PartialProductKey IS NOT NULL OR ID='x" },
  },
  { title: "a verb that is not in the table", op: "slmgr", args: slmgr("/ad-activation-online", ["x"]) },
  { title: "a verb with other letters", op: "slmgr", args: slmgr("/DTI") },
  { title: "a verb that is an inherited property", op: "slmgr", args: slmgr("constructor") },
  { title: "/sprt without a word", op: "slmgr", args: slmgr("/sprt") },
  { title: "/sprt 0", op: "slmgr", args: slmgr("/sprt", ["0"]) },
  { title: "/sprt 65536", op: "slmgr", args: slmgr("/sprt", ["65536"]) },
  { title: "/sprt with a number that is no text", op: "slmgr", args: slmgr("/sprt", [1688]) },
  { title: "/sai with a sign", op: "slmgr", args: slmgr("/sai", ["-1"]) },
  { title: "/sri with a word", op: "slmgr", args: slmgr("/sri", ["weekly"]) },
  { title: "/sri beyond 32 bits", op: "slmgr", args: slmgr("/sri", ["4294967296"]) },
  { title: "/sdns with a word", op: "slmgr", args: slmgr("/sdns", ["yes"]) },
  { title: "/skms with nothing in its word", op: "slmgr", args: slmgr("/skms", [""]) },
  { title: "/skms with a space", op: "slmgr", args: slmgr("/skms", ["kms01 1688"]) },
  { title: "/skms with port 0", op: "slmgr", args: slmgr("/skms", ["kms01:0"]) },
  { title: "/skms with an IPv6 address without brackets", op: "slmgr", args: slmgr("/skms", ["2001:db8::1"]) },
  {
    title: "/dti with an Activation ID that is none",
    op: "slmgr",
    args: slmgr("/dti", [], { activationId: "x' OR '1'='1" }),
  },
  {
    title: "/sprt with an Activation ID",
    op: "slmgr",
    args: slmgr("/sprt", ["1688"], { activationId: "00000000-0000-0000-0000-000000000000" }),
  },
  {
    title: "a registry path with the hive's name",
    op: "registry.read",
    args: { values: [{ key: `HKLM\\${SCRATCH}`, name: "x" }] },
  },
  {
    title: "a registry path with an empty part",
    op: "registry.read",
    args: { values: [{ key: "SOFTWARE\\\\x", name: "x" }] },
  },
  {
    title: "a registry path that ends in a backslash",
    op: "registry.read",
    args: { values: [{ key: `${SCRATCH}\\`, name: "x" }] },
  },
  { title: "a registry name that is missing", op: "registry.read", args: { values: [{ key: SCRATCH }] } },
  { title: "a registry kind that does not exist", op: "registry.write", args: write("REG_LINK", "x") },
  { title: "a REG_DWORD below 0", op: "registry.write", args: write("REG_DWORD", -1) },
  { title: "a REG_DWORD beyond 32 bits", op: "registry.write", args: write("REG_DWORD", 4294967296) },
  { title: "a REG_DWORD as text", op: "registry.write", args: write("REG_DWORD", "1") },
  { title: "a REG_QWORD beyond 64 bits", op: "registry.write", args: write("REG_QWORD", "18446744073709551616") },
  { title: "a REG_SZ that is a number", op: "registry.write", args: write("REG_SZ", 1) },
  { title: "a REG_MULTI_SZ with an empty line", op: "registry.write", args: write("REG_MULTI_SZ", ["a", "", "b"]) },
  { title: "a REG_MULTI_SZ that is a text", op: "registry.write", args: write("REG_MULTI_SZ", "a") },
  { title: "a REG_BINARY that is no base64", op: "registry.write", args: write("REG_BINARY", "?") },
  { title: "a service name with a quote", op: "service.restart", args: { name: "spp'svc" } },
  {
    title: "a service that does not exist",
    op: "service.restart",
    args: { name: "no-such-service-x" },
    kind: "notSupported",
  },
  { title: "a firewall read without groups", op: "firewall.read", args: { groupings: [] } },
  {
    title: "a firewall group without profiles",
    op: "firewall.group",
    args: { group: "x", profiles: 0, enabled: true },
  },
  {
    title: "a firewall group with a word for a flag",
    op: "firewall.group",
    args: { group: "x", profiles: 1, enabled: "yes" },
  },
  {
    title: "a firewall group that does not exist",
    op: "firewall.group",
    args: { group: "@FirewallAPI.dll,-1", profiles: 1, enabled: true },
    kind: "notSupported",
  },
  {
    title: "a firewall rule of our own in a group of Windows",
    op: "firewall.rule",
    args: { ...rule, grouping: "@FirewallAPI.dll,-28002" },
  },
  {
    title: "a change of the one predefined rule that reads so, when none does",
    op: "firewall.rule",
    args: { ...rule, grouping: "@FirewallAPI.dll,-28002", only: { profiles: 1, remoteAddresses: "192.0.2.1" } },
  },
  {
    title: "a firewall rule among those of a profile that is none",
    op: "firewall.rule",
    args: { ...rule, only: { profiles: 0, remoteAddresses: "*" } },
  },
  {
    title: "a firewall read by a port that is text",
    op: "firewall.read",
    args: { groups: [], groupings: [], ports: ["22"] },
  },
  { title: "a firewall rule in a third direction", op: "firewall.rule", args: { ...rule, direction: "both" } },
  { title: "a firewall rule without a name", op: "firewall.rule", args: { ...rule, name: "" } },
  { title: "a firewall protocol beyond 256", op: "firewall.rule", args: { ...rule, protocol: 257 } },
  {
    title: "removing a rule of Windows",
    op: "firewall.remove",
    args: { name: "x", grouping: "@FirewallAPI.dll,-28002" },
  },
  { title: "more than 1000 events", op: "events.read", args: { ...events, max: 1001 } },
  { title: "no events", op: "events.read", args: { ...events, max: 0 } },
  { title: "events of a type that does not exist", op: "events.read", args: { ...events, types: ["Warning"] } },
  { title: "events of a type that is no list", op: "events.read", args: { ...events, types: "warning" } },
  { title: "events without an entry looked at", op: "events.read", args: { ...events, look: 0 } },
  { title: "events since a local time", op: "events.read", args: { ...events, since: "2026-01-31T10:00:00+08:00" } },
  { title: "events since no day", op: "events.read", args: { ...events, since: "2026-02-31T10:00:00Z" } },
  {
    title: "a zone that breaks out of a distinguished name",
    op: "directory.node",
    args: { ...node, zone: "contoso.com,DC=evil" },
  },
  { title: "a node's name with a star", op: "directory.node", args: { ...node, name: "*" } },
  { title: "a node's name with a line break", op: "directory.node", args: { ...node, name: "_vlmcs._tcp\n" } },
  { title: "a node's name of 254 letters", op: "directory.node", args: { ...node, name: "x".repeat(254) } },
  { title: "a node without a zone", op: "directory.node", args: { name: node.name } },
  {
    title: "rights of an object that is no DNS node",
    op: "directory.write",
    args: rights({ dn: "CN=Users,DC=contoso" }),
  },
  {
    title: "rights of a node with one more component in front",
    op: "directory.write",
    args: rights({ dn: `CN=x,${NODE_DN}` }),
  },
  { title: "rights that are no base64", op: "directory.write", args: rights({ descriptor: "?" }) },
  { title: "expected rights that are a list", op: "directory.write", args: rights({ expected: [] }) },
  { title: "an account that is empty", op: "account.sid", args: { account: "" } },
  { title: "an account with a line break", op: "account.sid", args: { account: "KMS\nHosts" } },
  { title: "an account of 257 letters", op: "account.sid", args: { account: "x".repeat(257) } },
  { title: "a DNS zone with a quote", op: "dns.read", args: { zone: "x' OR 'a'='a", name: "_vlmcs._tcp" } },
  { title: "a DNS name with a quote", op: "dns.read", args: { zone: "contoso.com", name: "_vlmcs' OR 'a'='a" } },
  { title: "a DNS name that is the zone's apex", op: "dns.read", args: { zone: "contoso.com", name: "@" } },
  { title: "a DNS name with a dot at the end", op: "dns.read", args: { zone: "contoso.com", name: "_vlmcs._tcp." } },
  { title: "a DNS read without a name", op: "dns.read", args: { zone: "contoso.com" } },
  { title: "a DNS change that expects no list", op: "dns.change", args: dns({ expected: srv }) },
  { title: "a DNS change without an expectation", op: "dns.change", args: dns({ expected: null }) },
  { title: "a DNS change of a record that it does not expect", op: "dns.change", args: dns({ deletes: [srv] }) },
  {
    title: "a DNS change of a record that it expects with another weight",
    op: "dns.change",
    args: dns({ expected: [{ ...srv, weight: 1 }], deletes: [srv] }),
  },
  { title: "a DNS record without a TTL", op: "dns.change", args: dns({ add: srv }) },
  {
    title: "a DNS record with a TTL beyond 31 bits",
    op: "dns.change",
    args: dns({ add: { ...srv, ttl: 2147483648 } }),
  },
  {
    title: "a DNS record with a port beyond 16 bits",
    op: "dns.change",
    args: dns({ add: { ...srv, ttl: 60, port: 65536 } }),
  },
  {
    title: "a DNS record with a weight that is text",
    op: "dns.change",
    args: dns({ add: { ...srv, ttl: 60, weight: "0" } }),
  },
  {
    title: "a DNS record for a target with a space",
    op: "dns.change",
    args: dns({ add: { ...srv, ttl: 60, target: "a b" } }),
  },
  { title: "a DNS record for no target", op: "dns.change", args: dns({ add: { ...srv, ttl: 60, target: "" } }) },
  { title: "an expectation with a fifth test", op: "expect", args: { ...expectation, test: "lt" } },
  {
    title: "an expectation with a whole key",
    op: "expect",
    args: { ...expectation, partialProductKey: "AAAAA-BBBBB" },
  },
  { title: "an expectation without a value", op: "expect", args: { ...expectation, value: null } },
  {
    title: "an expectation about a product that is not there",
    op: "expect",
    args: { ...expectation, partialProductKey: "00000" },
    kind: "noProduct",
  },
  {
    title: "an expectation about a property that does not exist",
    op: "expect",
    args: { ...expectation, property: "NoSuchProperty" },
    kind: "notSupported",
  },
  { title: "a batch in a batch", op: "batch", args: batch({ steps: [{ op: "batch", args: batch({}) }] }) },
  {
    title: "a batch whose step only reads",
    op: "batch",
    args: batch({ steps: [{ op: "registry.read", args: { values: [] } }] }),
  },
  {
    title: "a batch whose read writes",
    op: "batch",
    args: batch({ reads: [{ op: "registry.write", args: write("REG_SZ", "x") }] }),
  },
  {
    title: "a batch whose read is a verb that changes",
    op: "batch",
    args: batch({ reads: [{ op: "slmgr", args: slmgr("/ckms") }] }),
  },
  {
    title: "a batch whose step only reads the directory",
    op: "batch",
    args: batch({ steps: [{ op: "directory.node", args: node }] }),
  },
  {
    title: "a batch whose read writes to the directory",
    op: "batch",
    args: batch({ reads: [{ op: "directory.write", args: rights({}) }] }),
  },
  { title: "a batch without steps", op: "batch", args: { reads: [] } },
  { title: "a batch without reads", op: "batch", args: { steps: [] } },
  {
    title: "a batch with a restart step and nothing to restart",
    op: "batch",
    args: batch({ steps: [{ op: "registry.write", args: write("REG_SZ", "x"), restart: true }] }),
  },
  {
    title: "a batch with a mutex name that has a backslash",
    op: "batch",
    args: batch({
      mutex: { name: "Global\\x", waitMs: 0 },
      steps: [{ op: "registry.delete", args: { key: SCRATCH, name: "none" } }],
    }),
  },
];

/** Lines that are no request. They are answered without an id. */
export const HOSTILE_LINES: { title: string; line: string }[] = [
  { title: "an empty line", line: "" },
  { title: "no JSON", line: "ping" },
  { title: "half of a request", line: '{"id":1,"op":"ping","args":{}' },
  { title: "a text", line: '"ping"' },
  { title: "a list", line: '[{"id":1,"op":"ping","args":{}}]' },
  { title: "null", line: "null" },
  { title: "two requests in one line", line: '{"id":1,"op":"ping","args":{}}{"id":2,"op":"ping","args":{}}' },
  { title: "no id", line: '{"op":"ping","args":{}}' },
  { title: "an id below 0", line: '{"id":-1,"op":"ping","args":{}}' },
  { title: "an id that is a text", line: '{"id":"1","op":"ping","args":{}}' },
  { title: "an id with a fraction", line: '{"id":1.5,"op":"ping","args":{}}' },
  { title: "a number with a fraction somewhere inside", line: '{"id":1,"op":"ping","args":{"a":[0.5]}}' },
  { title: "nesting without end", line: `{"id":1,"op":"ping","args":{"a":${"[".repeat(500)}${"]".repeat(500)}}}` },
  { title: "an escape that does not exist", line: '{"id":1,"op":"ping","args":{"a":"\\x41"}}' },
  { title: "PowerShell", line: "$(Remove-Item C:\\ -Recurse)" },
];
