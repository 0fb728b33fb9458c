import { type ExecFileException, execFile } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BindHost, bindUpdatePolicy, bindZoneLines } from "../../sdk/index";
import { type Named, startNamed } from "../servers/bind/named";
import { requirement } from "../servers/requirement";

const server = requirement("BIND", "/usr/sbin/named");
const checkZone = requirement("BIND's tools", "named-checkzone");
const checkConf = requirement("BIND's tools", "named-checkconf");
const nsupdate = requirement("BIND's tools", "nsupdate");
const available = [server, checkZone, checkConf, nsupdate].every((program) => program.available);

const DOMAIN = "contoso.example";
const HOSTS: BindHost[] = [
  { target: `kms01.${DOMAIN}` },
  { target: `kms02.${DOMAIN}`, port: 1690, priority: 10, weight: 5 },
];

interface Ran {
  code: number;
  text: string;
}

/** Runs one of BIND's programs with something on its standard input. */
function run(program: string, args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error: ExecFileException | null, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, text: stdout + stderr });
    });
    // A program that reads nothing may be gone before this is written.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

describe.skipIf(!available)(
  "手動在 BIND 8.2 或更高的 DNS 伺服器中建立 SRV 記錄 (Create SRV records by hand in BIND): the files",
  () => {
    let folder: string;
    let named: Named;
    const lines = bindZoneLines({ domain: DOMAIN, hosts: HOSTS });
    const policy = bindUpdatePolicy({ domain: DOMAIN, keys: ["updater"], principals: ["KMS01$@CONTOSO.EXAMPLE"] });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "bind-files-"));
      named = await startNamed(server.why, [{ name: DOMAIN, lines, policy }]);
    });
    afterAll(async () => {
      await named?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const written = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const resolver = () => {
      const asked = new Resolver({ timeout: 2000, tries: 2 });
      asked.setServers([`127.0.0.1:${named.port}`]);
      return asked;
    };
    /** Sends one update, signed by a key of the server. */
    const update = (line: string, key = "updater", secret = named.secret) =>
      run(
        nsupdate.why,
        ["-v", "-y", `hmac-sha256:${key}:${secret}`],
        `server 127.0.0.1 ${named.port}\nzone ${DOMAIN}\n${line}\nsend\n`,
      );

    it("Table 3: named-checkzone takes the zone file that the lines are in", async () => {
      const head = `$ORIGIN ${DOMAIN}.\n$TTL 3600\n@ IN SOA ns hostmaster 1 86400 7200 2592000 300\n@ IN NS ns\nns IN A 192.0.2.1\n`;
      const hosts = "kms01 IN A 192.0.2.2\nkms02 IN A 192.0.2.3\n";
      const path = written("zone", head + hosts + lines);
      expect(await run(checkZone.why, [DOMAIN, path])).toMatchObject({ code: 0, text: expect.stringContaining("OK") });
    });

    it("Table 3: the server answers with name, priority, weight, port and host of each record", async () => {
      const answers = await resolver().resolveSrv(`_vlmcs._tcp.${DOMAIN}`);
      expect(answers.map(({ priority, weight, port, name }) => `${priority} ${weight} ${port} ${name}`).sort()).toEqual(
        [`0 0 1688 kms01.${DOMAIN}`, `10 5 1690 kms02.${DOMAIN}`],
      );
    });

    it("named-checkconf takes the update-policy in a zone, beside the key that it names", async () => {
      const path = written(
        "named.conf",
        `key "updater" { algorithm hmac-sha256; secret "${Buffer.alloc(32).toString("base64")}"; };\n` +
          `zone "${DOMAIN}" { type primary; file "${join(folder, "zone")}"; ${policy} };\n`,
      );
      expect(await run(checkConf.why, [path])).toEqual({ code: 0, text: "" });
    });

    it("in the place of allow-update { any; }, whoever is named may add and take away SRV records of KMS", async () => {
      const record = `_vlmcs._tcp.${DOMAIN}. 3600 SRV 0 0 1688 kms03.${DOMAIN}.`;
      expect(await update(`update add ${record}`)).toEqual({ code: 0, text: "" });
      const added = await resolver().resolveSrv(`_vlmcs._tcp.${DOMAIN}`);
      expect(added.map(({ name }) => name)).toContain(`kms03.${DOMAIN}`);
      expect(await update(`update delete ${record}`)).toEqual({ code: 0, text: "" });
      expect(await resolver().resolveSrv(`_vlmcs._tcp.${DOMAIN}`)).toHaveLength(HOSTS.length);
    });

    it.each([
      ["another name", `update add www.${DOMAIN}. 3600 A 192.0.2.66`],
      ["another type at the same name", `update add _vlmcs._tcp.${DOMAIN}. 3600 TXT "mine"`],
      ["a name below it", `update add x._vlmcs._tcp.${DOMAIN}. 3600 SRV 0 0 1688 kms03.${DOMAIN}.`],
      ["another service", `update add _ldap._tcp.${DOMAIN}. 3600 SRV 0 0 389 evil.${DOMAIN}.`],
    ])("in the place of allow-update { any; }, it refuses them %s", async (_, line) => {
      const { code, text } = await update(line);
      expect(text).toContain("REFUSED");
      expect(code).not.toBe(0);
    });

    it("in the place of allow-update { any; }, it refuses everybody who is not named", async () => {
      const line = `update add _vlmcs._tcp.${DOMAIN}. 3600 SRV 0 0 1688 kms04.${DOMAIN}.`;
      expect((await update(line, "reader", named.readerSecret)).text).toContain("REFUSED");
      const unsigned = `server 127.0.0.1 ${named.port}\nzone ${DOMAIN}\n${line}\nsend\n`;
      expect((await run(nsupdate.why, ["-v"], unsigned)).text).toContain("REFUSED");
      expect(await resolver().resolveSrv(`_vlmcs._tcp.${DOMAIN}`)).toHaveLength(HOSTS.length);
    });
  },
);
