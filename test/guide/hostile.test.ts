import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { adapt } from "../../provider/adapter/adapt";
import type { ResourceHandler } from "../../provider/adapter/handler";
import type { Props } from "../../provider/adapter/props";
import { activationPolicyHandler } from "../../provider/resources/activationPolicy/handler";
import { activationPolicySchema } from "../../provider/resources/activationPolicy/schema";
import { firewallRuleHandler } from "../../provider/resources/firewallRule/handler";
import { firewallRuleSchema } from "../../provider/resources/firewallRule/schema";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import { kmsClientConfigSchema } from "../../provider/resources/kmsClientConfig/schema";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import { kmsHostSchema } from "../../provider/resources/kmsHost/schema";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { makActivationSchema } from "../../provider/resources/makActivation/schema";
import { srvRecordHandler } from "../../provider/resources/srvRecord/handler";
import { srvRecordSchema } from "../../provider/resources/srvRecord/schema";
import {
  bindUpdatePolicy,
  bindZoneLines,
  clientReg,
  gvlk,
  mdtRules,
  publishListReg,
  unattendXml,
} from "../../sdk/index";
import { GuideLab, HOST } from "./guideLab";
import { HOSTILE, HOSTILE_NAMES, type HostileName, textPaths, withText } from "./hostile";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU2X0mqM7mtDHXeEJ8+0Qv1tGPv2rJTNbkDgmJ4gBqA";
const machine: Props = { resourceName: "r", connection: { host: "10.0.0.1", hostKey: HOST_KEY } };
/** Well formed and never sold by anybody. */
const KEY = "BBBBB-CCCCC-DDDDD-FFFFF-GGGGG";
/** Microsoft's published key of Windows Server 2022 Standard. */
const SETUP_KEY = "VDYBN-27WPP-V4HQT-9VMD4-VMK7H";
const all = (...without: HostileName[]) => HOSTILE_NAMES.filter((name) => !without.includes(name));

interface Subject {
  handler: ResourceHandler;
  schema: z.ZodType;
  props: Props;
  /** Which hostile texts a property takes; every other one is refused. All of them are carried, see below. */
  takes: { [path: string]: HostileName[] };
  /** What else is declared where a property needs it; in the place of `props`. */
  beside?: { [path: string]: Props };
}
const SUBJECTS: Subject[] = [
  {
    handler: kmsHostHandler,
    schema: kmsHostSchema,
    props: { ...machine, productKey: KEY },
    takes: { reactivate: all("255 characters") },
  },
  { handler: kmsClientConfigHandler, schema: kmsClientConfigSchema, props: machine, takes: {} },
  {
    handler: makActivationHandler,
    schema: makActivationSchema,
    props: { ...machine, productKey: KEY },
    takes: { reactivate: all("255 characters") },
  },
  // An address of a page with such text in it is carried, see policy.test.ts.
  { handler: activationPolicyHandler, schema: activationPolicySchema, props: machine, takes: {} },
  {
    handler: firewallRuleHandler,
    schema: firewallRuleSchema,
    props: { ...machine, name: "KMS", localPorts: [1690] },
    takes: { name: all("newline", "NUL"), program: all("newline", "NUL", "quotes") },
    beside: { group: machine },
  },
  {
    handler: srvRecordHandler,
    schema: srvRecordSchema,
    props: {
      resourceName: "r",
      zone: "contoso.com",
      target: "kms01.contoso.com",
      auth: { method: "tsig", keyName: "updater", secret: "c2VjcmV0" },
    },
    takes: {},
  },
];
/** The name comes from the program's own first argument; it stands in messages only. */
const RESOURCE_NAME = "resourceName";

/** How a path stands in a reason: publishDomains[0].domain. */
const shown = (path: readonly string[]) => path.join(".").replace(/\.(\d+)/g, "[$1]");

describe.each(SUBJECTS)("hostile text in $handler.type", ({ handler, schema, props, takes, beside }) => {
  // Every connection has one schema, see below.
  const own = textPaths(schema).filter((path) => !path.includes("connection") && path[0] !== RESOURCE_NAME);

  it("is looked for in every property that takes text", () => {
    expect(own.length).toBeGreaterThan(0);
    expect(Object.keys(takes).filter((name) => !own.some((path) => path.join(".") === name))).toEqual([]);
  });

  it.each(own.map((path) => ({ name: shown(path), path })))(
    "is refused or taken in $name, as listed",
    ({ name, path }) => {
      const taken = HOSTILE_NAMES.filter((hostile) => {
        const text = HOSTILE[hostile];
        const { failures } = handler.check(withText(beside?.[path.join(".")] ?? props, path, text));
        const reasons = failures.map(({ reason }) => reason);
        for (const reason of reasons) {
          expect(reason.startsWith(path[0] ?? ""), reason).toBe(true);
          expect(reason.length, reason).toBeGreaterThan(name.length + 10);
          expect(reason, "control characters are shown as code points").not.toMatch(/\p{Cc}/u);
        }
        return failures.length === 0;
      });
      expect(taken).toEqual(takes[path.join(".")] ?? []);
    },
  );
});

describe("hostile text in a connection", () => {
  const taken: { [path: string]: HostileName[] } = {
    user: all("newline", "NUL"),
    password: all(),
    privateKey: all(),
    privateKeyPassword: all(),
    agentSocketPath: all(),
    knownHosts: all(),
  };
  const proxy = { host: "10.0.0.2", hostKey: HOST_KEY };
  const paths = textPaths(kmsClientConfigSchema).filter(([first]) => first === "connection");

  it.each(paths.map((path) => ({ name: shown(path), path })))("is refused or taken in $name, as listed", ({ path }) => {
    const [, ...inside] = path;
    const ofProxy = inside[0] === "proxy";
    const property = inside.at(-1) ?? "";
    const key = property === "privateKeyPassword" ? { privateKey: "PEM" } : {};
    const connection = { ...(machine["connection"] as Props), ...(ofProxy ? { proxy: { ...proxy, ...key } } : key) };
    const accepted = HOSTILE_NAMES.filter((hostile) => {
      const props = withText({ ...machine, connection }, path, HOSTILE[hostile]);
      return kmsClientConfigHandler.check(props).failures.length === 0;
    });
    expect(accepted).toEqual(taken[property] ?? []);
  });
});

/** Every text that goes into a file or a command line which a helper makes, and which hostile texts it takes. */
const HELPERS: { title: string; make: (text: string) => string; takes: HostileName[] }[] = [
  { title: "unattendXml productKey", make: (productKey) => unattendXml({ productKey }), takes: [] },
  { title: "unattendXml imageKey", make: (imageKey) => unattendXml({ imageKey }), takes: [] },
  { title: "unattendXml windows", make: (windows) => unattendXml({ windows, skipRearm: true }), takes: [] },
  {
    title: "unattendXml offlineImage",
    make: (offlineImage) => unattendXml({ offlineImage }),
    takes: all("newline", "NUL"),
  },
  { title: "mdtRules productKey", make: (productKey) => mdtRules({ productKey }), takes: [] },
  {
    title: "mdtRules section",
    make: (section) => mdtRules({ section, productKey: SETUP_KEY }),
    takes: all("[]*", "$()", "newline", "NUL"),
  },
  { title: "publishListReg domain", make: (domain) => publishListReg([{ domain }]), takes: [] },
  { title: "clientReg kmsHost", make: (kmsHost) => clientReg({ kmsHost }), takes: [] },
  { title: "clientReg lookupDomain", make: (lookupDomain) => clientReg({ lookupDomain }), takes: [] },
  { title: "clientReg alternateUrl", make: (alternateUrl) => clientReg({ alternateUrl }), takes: [] },
  {
    title: "bindZoneLines domain",
    make: (domain) => bindZoneLines({ domain, hosts: [{ target: "k.a.b" }] }),
    takes: [],
  },
  { title: "bindZoneLines target", make: (target) => bindZoneLines({ domain: "a.b", hosts: [{ target }] }), takes: [] },
  { title: "bindUpdatePolicy domain", make: (domain) => bindUpdatePolicy({ domain, keys: ["k"] }), takes: [] },
  { title: "bindUpdatePolicy key", make: (key) => bindUpdatePolicy({ domain: "a.b", keys: [key] }), takes: [] },
  {
    title: "bindUpdatePolicy principal",
    make: (one) => bindUpdatePolicy({ domain: "a.b", principals: [one] }),
    takes: [],
  },
  { title: "gvlk", make: (product) => gvlk(product), takes: [] },
];

describe("hostile text in what helpers write", () => {
  it.each(HELPERS)("is refused or taken in $title, as listed", ({ make, takes }) => {
    const taken = HOSTILE_NAMES.filter((hostile) => {
      try {
        return make(HOSTILE[hostile]) !== "";
      } catch (error) {
        const { message } = error as Error;
        expect(message.length).toBeGreaterThan(20);
        expect(message, "control characters are shown as code points").not.toMatch(/\p{Cc}/u);
        return false;
      }
    });
    expect(taken).toEqual(takes);
  });

  it.each(all("[]*", "$()", "newline", "NUL"))("stays one heading in the toolkit's rules: %s", (hostile) => {
    const lines = mdtRules({ section: HOSTILE[hostile], productKey: SETUP_KEY }).split("\r\n");
    expect(lines).toEqual([`[${HOSTILE[hostile]}]`, "SkipProductKey=YES", `ProductKey=${SETUP_KEY}`, ""]);
  });
});

describe("a product key with other dashes than hyphens", () => {
  it.each([
    ["kmsHost", kmsHostHandler, "productKey"],
    ["makActivation", makActivationHandler, "productKey"],
    ["kmsClientConfig", kmsClientConfigHandler, "setupKey"],
  ] as const)("is refused by %s with place and remedy, and is not shown", (_type, handler, property) => {
    const { failures } = handler.check({ ...machine, [property]: KEY.replaceAll("-", "—") });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.reason).toContain("an em dash (U+2014) at character 6");
    expect(failures[0]?.reason).not.toContain("CCCCC");
  });
});

describe("hostile text that is taken", () => {
  let at: GuideLab;
  beforeAll(async () => {
    at = await GuideLab.start({ machines: [HOST] });
  });
  afterAll(() => at.end());
  const rule = (name: string) => at.lab.state("kms01").firewall.enabledRules.find((one) => one.name === name);

  it.each(all("newline", "NUL"))("goes unharmed into a firewall rule's name and out again: %s", async (hostile) => {
    const name = HOSTILE[hostile];
    const made = await at.on(firewallRuleHandler, "kms01", { name, localPorts: [1690] });
    expect(rule(name)).toMatchObject({ name, localPorts: "1690" });
    expect(await at.drift(made)).toEqual([]);
    expect((await at.read(made)).outs["name"]).toBe(name);
    await at.remove(made);
    expect(rule(name)).toBeUndefined();
  });

  it.each(all("newline", "NUL", "quotes"))("goes unharmed into a rule's program and out again: %s", async (hostile) => {
    const program = HOSTILE[hostile];
    const made = await at.on(firewallRuleHandler, "kms01", { name: "program", program });
    expect(rule("program")?.program).toBe(program);
    expect(await at.drift(made)).toEqual([]);
    await at.remove(made);
  });

  it.each(all("255 characters"))("stays unharmed in reactivate: %s", async (hostile) => {
    const reactivate = HOSTILE[hostile];
    const host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), reactivate });
    expect(host.outs["reactivate"]).toBe(reactivate);
    expect(await at.drift(host)).toEqual([]);
  });

  it.each(all())("is a password like any other: %s", async (hostile) => {
    const password = HOSTILE[hostile];
    at.lab.changePassword(password);
    at.said.length = 0;
    const host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01") });
    expect(host.outs["licenseStatus"]).toBe("Licensed");
    expect(at.said.join("\n")).not.toContain(password);
  });

  it.each(all())("in a resource's name does not break a message into lines: %s", async (hostile) => {
    const name = HOSTILE[hostile];
    const connection = {
      ...(machine["connection"] as Props),
      host: "127.0.0.1",
      port: 1,
      dialErrorLimit: 0,
      password: "x",
    };
    const { inputs } = kmsClientConfigHandler.check({ resourceName: name, connection });
    const failure: unknown = await adapt(kmsClientConfigHandler)
      .create(inputs)
      .catch((error: unknown) => error);
    const message = failure instanceof Error ? failure.message : "";
    expect(message).toMatch(/^KmsClientConfig "[^\n]*Next: /);
    expect(message).not.toMatch(/\n/);
  });
});
