import { generateKeyPairSync } from "node:crypto";
import { utils } from "ssh2";
import { describe, expect, it } from "vitest";
import { checkHostKeyLine } from "../../../provider/checks";

const field = (data: Buffer | string): Buffer => {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const line = (outer: string, ...fields: (Buffer | string)[]) =>
  `${outer} ${Buffer.concat(fields.map(field)).toString("base64")}`;

const ED25519 = line("ssh-ed25519", "ssh-ed25519", Buffer.alloc(32, 7));

describe("checkHostKeyLine", () => {
  it("allows keys as ssh makes them, with and without comment", () => {
    const pairs = [
      utils.generateKeyPairSync("ed25519"),
      utils.generateKeyPairSync("ecdsa", { bits: 256 }),
      utils.generateKeyPairSync("ecdsa", { bits: 384 }),
      utils.generateKeyPairSync("ecdsa", { bits: 521 }),
      utils.generateKeyPairSync("rsa", { bits: 2048 }),
    ];
    for (const { public: text } of pairs) {
      expect(checkHostKeyLine(text), text).toBeUndefined();
      expect(checkHostKeyLine(`${text.trim()} root@kms01\n`), text).toBeUndefined();
    }
  });

  it("refuses a key whose own type is another than the line's", () => {
    expect(checkHostKeyLine(line("ssh-ed25519", "ssh-rsa", "AQAB", "n"))).toContain('the key in it is "ssh-rsa"');
    expect(checkHostKeyLine(line("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "nistp384", "q"))).toContain("nistp384");
  });

  it("refuses a key of another curve than its type", () => {
    for (const curve of ["nistp384", "nistp521"])
      expect(checkHostKeyLine(line("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", curve, "q"))).toContain(
        "another curve",
      );
  });

  it("says what to do with a line of ssh-keyscan or known_hosts", () => {
    for (const host of [
      "kms01.contoso.com",
      "[10.0.0.5]:2222",
      "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=",
    ]) {
      const rule = checkHostKeyLine(`${host} ${ED25519}`);
      expect(rule).toContain("ssh-keyscan");
      expect(rule).toContain("without the host name");
    }
    expect(checkHostKeyLine("# kms01:22 SSH-2.0-OpenSSH_for_Windows_9.5")).toContain("comment line of ssh-keyscan");
  });

  it("refuses a key that was cut off anywhere", () => {
    const [type = "", key = ""] = ED25519.split(" ");
    for (let length = 1; length < key.length; length += 1)
      expect(checkHostKeyLine(`${type} ${key.slice(0, length)}`), `${length}`).toBeDefined();
  });

  it.each([
    ["", "empty"],
    ["SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE", "fingerprint"],
    ["MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "fingerprint"],
    ["ssh-ed25519", "is missing"],
    ["AAAAC3NzaC1lZDI1NTE5AAAAIA", "type before the key is missing"],
    ["ssh-ed25519 not*base64", "not base64"],
    ["rsa-sha2-512 AAAA", '"ssh-rsa"'],
    ["ssh-dss AAAA", "allowed are ssh-ed25519"],
    [`${ED25519}\n${ED25519}`, "several lines"],
    [ED25519.replace("-", "\u2013"), "en dash"],
    [line("ssh-ed25519", "ssh-ed25519", Buffer.alloc(31)), "32 bytes"],
    [line("ssh-ed25519", "ssh-ed25519", Buffer.alloc(32), "more"), "damaged"],
  ])("refuses %j and says why", (text, why) => {
    expect(checkHostKeyLine(text)).toContain(why);
  });

  it("does not repeat a private key that was pasted by mistake", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const rule = checkHostKeyLine(pem) ?? "";
    expect(rule).toContain("PEM block");
    for (const part of pem.split("\n").filter((text) => text.length > 10)) expect(rule).not.toContain(part);
  });
});
