import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { activationPolicySchema } from "../../../provider/resources/activationPolicy/schema";
import { dnsRecordPermissionSchema } from "../../../provider/resources/dnsRecordPermission/schema";
import { firewallRuleSchema } from "../../../provider/resources/firewallRule/schema";
import { kmsClientConfigSchema } from "../../../provider/resources/kmsClientConfig/schema";
import { kmsHostSchema } from "../../../provider/resources/kmsHost/schema";
import { makActivationSchema } from "../../../provider/resources/makActivation/schema";
import { connectionSchema } from "../../../provider/resources/shared/connectionSchema";
import { srvRecordSchema } from "../../../provider/resources/srvRecord/schema";

const RESOURCES = join(__dirname, "../../../sdk/resources");
/** Added by the SDK itself, not by the program. */
const BY_THE_SDK = ["resourceName"];

interface Member {
  name: string;
  optional: boolean;
  comment: string;
  default: string | undefined;
}

/** The members of an exported interface, those of the interfaces that it extends among them. */
function membersOf(file: string, name: string): Member[] {
  const path = join(RESOURCES, file);
  const source = ts.createSourceFile(path, ts.sys.readFile(path) ?? "", ts.ScriptTarget.Latest, true);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`${file} has no interface ${name}`);
  const bases = (found.heritageClauses ?? []).flatMap(({ types }) =>
    types.map(({ expression }) => expression.getText()),
  );
  const own = found.members.filter(ts.isPropertySignature).map((member) => {
    const [doc] = ts.getJSDocCommentsAndTags(member);
    const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === "default");
    return {
      name: member.name.getText(),
      optional: member.questionToken !== undefined,
      comment: (doc && ts.getTextOfJSDocComment(doc.comment)) ?? "",
      default: tag && (ts.getTextOfJSDocComment(tag.comment) ?? ""),
    };
  });
  return [...bases.flatMap((base) => membersOf(file, base)), ...own];
}

/** The members of a schema with the defaults that it fills in. */
function shapeOf(schema: z.ZodObject): Map<string, { default: unknown }> {
  const entries = Object.entries(schema.shape as { [name: string]: z.ZodType }).map(([name, field]) => {
    const parsed = field.safeParse(undefined);
    return [name, { default: parsed.success ? parsed.data : undefined }] as const;
  });
  return new Map(entries.filter(([name]) => !BY_THE_SDK.includes(name)));
}

function inner(schema: z.ZodObject, name: string): z.ZodObject {
  let here: unknown = (schema.shape as { [name: string]: unknown })[name];
  while (here && typeof here === "object" && "unwrap" in here && typeof here.unwrap === "function")
    here = here.unwrap();
  return here as z.ZodObject;
}

const PAIRS: [file: string, name: string, schema: z.ZodObject][] = [
  ["kmsHost.ts", "KmsHostArgs", kmsHostSchema],
  ["kmsHost.ts", "KmsHostActivationArgs", inner(kmsHostSchema, "activation")],
  ["kmsHost.ts", "PublishDomainArgs", inner(kmsHostSchema, "publishDomains")],
  ["kmsClientConfig.ts", "KmsClientConfigArgs", kmsClientConfigSchema],
  ["activationPolicy.ts", "ActivationPolicyArgs", activationPolicySchema],
  ["dnsRecordPermission.ts", "DnsRecordPermissionArgs", dnsRecordPermissionSchema],
  ["dnsRecordPermission.ts", "LdapArgs", inner(dnsRecordPermissionSchema, "ldap")],
  ["dnsRecordPermission.ts", "LdapTlsArgs", inner(inner(dnsRecordPermissionSchema, "ldap"), "tls")],
  ["firewallRule.ts", "FirewallRuleArgs", firewallRuleSchema],
  ["makActivation.ts", "MakActivationArgs", makActivationSchema],
  ["makActivation.ts", "MakActivationMethodArgs", inner(makActivationSchema, "activation")],
  ["srvRecord.ts", "SrvRecordArgs", srvRecordSchema],
  ["srvRecord.ts", "SrvAuthArgs", inner(srvRecordSchema, "auth")],
  ["srvRecord.ts", "WaitForArgs", inner(srvRecordSchema, "waitFor")],
  ["connection.ts", "ConnectionArgs", connectionSchema],
  ["connection.ts", "EndpointArgs", inner(connectionSchema, "proxy")],
  ["connection.ts", "TimeoutArgs", inner(connectionSchema, "timeouts")],
];

describe.each(PAIRS)("%s: %s", (file, name, schema) => {
  const members = membersOf(file, name);

  it("has the members that the provider takes, and no others", () => {
    expect(members.map((member) => member.name).sort()).toEqual([...shapeOf(schema).keys()].sort());
  });

  it.each(members)("says what $name means", ({ comment }) => {
    expect(comment.length).toBeGreaterThan(15);
    expect(comment.trim()).toMatch(/[.)]$/);
  });

  it("documents the very defaults that check fills in", () => {
    for (const member of members) {
      const filled = shapeOf(schema).get(member.name)?.default;
      if (filled === undefined) continue;
      expect(member.default, member.name).toBe(JSON.stringify(filled));
      expect(member.optional, member.name).toBe(true);
    }
  });

  it("requires nothing that has a default", () => {
    for (const member of members) if (member.default !== undefined) expect(member.optional, member.name).toBe(true);
  });
});
