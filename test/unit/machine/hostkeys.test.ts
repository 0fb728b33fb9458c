import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../../provider/machine/connection";
import {
  fingerprint,
  type HostIdentity,
  hostIdentity,
  judgeHostKey,
  offeredAlgorithms,
  parseHostKeyLine,
} from "../../../provider/machine/hostkeys";
import { ConnectError } from "../../../provider/machine/transport";
import { newHostKey } from "../../lab/ssh/keys";

const ed = newHostKey("ed25519").publicLine;
const rsa = newHostKey("rsa").publicLine;
const ecdsa = newHostKey("ecdsa").publicLine;
const blobOf = (line: string) => Buffer.from(line.split(" ")[1] ?? "", "base64");

function refusal(endpoint: Endpoint, port = 22, knownHosts?: string): ConnectError {
  try {
    hostIdentity(endpoint, port, knownHosts);
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const accepts = (identity: HostIdentity, line: string) => judgeHostKey(identity, blobOf(line)) === "accepted";

describe("a declared hostKey", () => {
  it.each([
    ["ed25519", ed, ["ssh-ed25519"]],
    ["rsa", rsa, ["rsa-sha2-512", "rsa-sha2-256"]],
    ["ecdsa", ecdsa, ["ecdsa-sha2-nistp256"]],
  ])("of type %s is the only one accepted, and only its type is asked for", (_type, line, algorithms) => {
    const identity = hostIdentity({ host: "kms01", hostKey: `${line} some comment` }, 22, undefined);
    expect(accepts(identity, line)).toBe(true);
    expect(accepts(identity, newHostKey("ed25519").publicLine)).toBe(false);
    expect(offeredAlgorithms(identity)).toEqual(algorithms);
  });

  it("may be pasted with a host name or options before the key", () => {
    expect(parseHostKeyLine(`kms01.contoso.com ${ed}`)?.blob).toEqual(blobOf(ed));
    expect(parseHostKeyLine(`no-pty,command="x y" ${ed} root@kms01`)?.blob).toEqual(blobOf(ed));
  });

  it.each([
    ["text", "not a key"],
    ["a type without its blob", "ssh-ed25519"],
    ["a blob of another type", `ssh-rsa ${ed.split(" ")[1]}`],
    ["a cut blob", `ssh-ed25519 ${ed.split(" ")[1]?.slice(0, 12)}`],
    ["a fingerprint", fingerprint(blobOf(ed))],
  ])("that is %s is refused before dialling", (_what, hostKey) => {
    const error = refusal({ host: "kms01", hostKey });
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain("hostKey is not an SSH public key");
    expect(error.remedy).toContain("ssh-keyscan -p 22 kms01");
  });

  it("wins over knownHosts", () => {
    const identity = hostIdentity({ host: "kms01", hostKey: ed }, 22, `kms01 ${rsa}`);
    expect(accepts(identity, ed)).toBe(true);
    expect(accepts(identity, rsa)).toBe(false);
  });

  it("may say that any key is accepted, in exactly these words", () => {
    expect(hostIdentity({ host: "kms01", hostKey: "insecure-accept-any" }, 22, undefined)).toEqual({ kind: "any" });
    expect(refusal({ host: "kms01", hostKey: "insecure" }).kind).toBe("hostKey");
  });

  it("must be there, if knownHosts is not", () => {
    expect(refusal({ host: "kms01" }).message).toContain("neither hostKey nor knownHosts");
    expect(refusal({ host: "kms01", hostKey: "  " }).message).toContain("neither hostKey nor knownHosts");
  });
});

describe("knownHosts", () => {
  const identity = (text: string, host = "kms01.contoso.com", port = 22) => hostIdentity({ host }, port, text);
  const hashed = (name: string) => {
    const salt = Buffer.from("0123456789abcdefghij");
    return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
  };

  it.each([
    ["a plain name", `kms01.contoso.com ${ed}`],
    ["one of several names", `10.0.0.5,kms01.contoso.com ${ed} comment`],
    ["another case", `KMS01.Contoso.COM ${ed}`],
    ["a wildcard", `*.contoso.com ${ed}`],
    ["a question mark", `kms0?.contoso.com ${ed}`],
    ["a hashed name", `${hashed("kms01.contoso.com")} ${ed}`],
    ["tabs, comments and CRLF around it", `# comment\r\n\r\n\tkms01.contoso.com\t${ed.replace(" ", "\t")}\r\n`],
  ])("finds a machine by %s", (_how, text) => {
    expect(accepts(identity(text), ed)).toBe(true);
    expect(accepts(identity(text), rsa)).toBe(false);
  });

  it("keeps ports other than 22 apart, plain and hashed", () => {
    expect(accepts(identity(`[kms01.contoso.com]:2222 ${ed}`, "kms01.contoso.com", 2222), ed)).toBe(true);
    expect(accepts(identity(`${hashed("[kms01.contoso.com]:2222")} ${ed}`, "kms01.contoso.com", 2222), ed)).toBe(true);
    expect(refusal({ host: "kms01.contoso.com" }, 2222, `kms01.contoso.com ${ed}`).message).toContain(
      "no line for [kms01.contoso.com]:2222",
    );
    expect(refusal({ host: "kms01.contoso.com" }, 22, `[kms01.contoso.com]:2222 ${ed}`).message).toContain(
      "no line for",
    );
  });

  it("heeds a negation, whatever its place", () => {
    expect(refusal({ host: "kms01.contoso.com" }, 22, `*.contoso.com,!kms01.contoso.com ${ed}`).kind).toBe("hostKey");
    expect(refusal({ host: "kms01.contoso.com" }, 22, `!kms01.contoso.com,* ${ed}`).kind).toBe("hostKey");
    expect(accepts(identity(`*.contoso.com,!kms02.contoso.com ${ed}`), ed)).toBe(true);
  });

  it("takes a name for a name and not for a regular expression", () => {
    expect(refusal({ host: "kms01xcontoso.com" }, 22, `kms01.contoso.com ${ed}`).kind).toBe("hostKey");
  });

  it("accepts each of several keys, and asks for their types only", () => {
    const both = identity(`kms01.contoso.com ${rsa}\nkms01.contoso.com ${ed}\nother ${ecdsa}`);
    expect(accepts(both, rsa) && accepts(both, ed)).toBe(true);
    expect(accepts(both, ecdsa)).toBe(false);
    expect(offeredAlgorithms(both)).toEqual(["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]);
  });

  it("refuses a revoked key even where another line accepts it", () => {
    const revoking = identity(`kms01.contoso.com ${ed}\n@revoked * ${ed}\nkms01.contoso.com ${rsa}`);
    expect(judgeHostKey(revoking, blobOf(ed))).toBe("revoked");
    expect(accepts(revoking, rsa)).toBe(true);
  });

  it("says that host certificates are not supported when they are the only match", () => {
    expect(refusal({ host: "kms01" }, 22, `@cert-authority * ${ed}`).message).toContain(
      "certificates are not supported",
    );
    expect(accepts(hostIdentity({ host: "kms01" }, 22, `@cert-authority * ${rsa}\nkms01 ${ed}`), ed)).toBe(true);
  });

  it("says which lines it could not read when nothing else is there", () => {
    expect(refusal({ host: "kms01" }, 22, `kms01\nkms01 ssh-ed25519 AAAA\nkms02 ${ed}`).message).toMatch(
      /could not be read: 1, 2/,
    );
  });

  it("says when only keys of unsupported types are there", () => {
    const dsa = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from("ssh-dss"), Buffer.alloc(32)]).toString("base64");
    expect(refusal({ host: "kms01" }, 22, `kms01 ssh-dss ${dsa}`).message).toContain("unsupported types");
  });
});
