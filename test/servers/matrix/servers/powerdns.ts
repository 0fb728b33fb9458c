import { existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../../bind/named";
import { inFolder, run, serves } from "./process";
import { keyFile, type MatrixServer, makeKeys, READER, withKeys, zoneText } from "./server";

const ZONE = "pdns.test";

/** Where the packages of Debian and Ubuntu keep the tables. */
const SCHEMAS = [
  "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
  "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
];

/** PowerDNS on SQLite, with TSIG keys. */
export function startPowerDns(program: string, pdnsutil: string): Promise<MatrixServer> {
  return inFolder("matrix-pdns", async (folder) => {
    const keys = makeKeys();
    const port = await freePort();
    const schema = SCHEMAS.find((path) => existsSync(path));
    if (!schema) throw new Error(`the tables of PowerDNS are in none of ${SCHEMAS.join(", ")}`);
    const database = new DatabaseSync(folder.at("pdns.db"));
    database.exec(readFileSync(schema, "utf8"));
    folder.write(
      "pdns.conf",
      `launch=gsqlite3
gsqlite3-database=${folder.at("pdns.db")}
gsqlite3-dnssec=yes
local-address=127.0.0.1, ::1
local-port=${port}
socket-dir=${folder.path}
dnsupdate=yes
setuid=
setgid=
daemon=no
guardian=no
write-pid=no
`,
    );
    const settings = `--config-dir=${folder.path}`;
    await run(pdnsutil, [settings, "load-zone", ZONE, folder.write("zone", zoneText(ZONE))]);
    const key = database.prepare("INSERT INTO tsigkeys (name, algorithm, secret) VALUES (?, ?, ?)");
    const allow = database.prepare(
      "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, ?, ? FROM domains WHERE name = ?",
    );
    for (const { name, algorithm } of keys.updaters) {
      key.run(name, algorithm, keys.secret);
      allow.run("TSIG-ALLOW-DNSUPDATE", name, ZONE);
    }
    key.run(READER, "hmac-sha256", keys.readerSecret);
    for (const from of ["127.0.0.0/8", "::1"]) allow.run("ALLOW-DNSUPDATE-FROM", from, ZONE);
    database.close();
    await folder.start(program, [settings], () => serves(port, ZONE));
    const keyPath = folder.write("updater.key", keyFile(keys), 0o600);
    return { ...withKeys("PowerDNS", port, ZONE, keys, keyPath), stop: () => folder.clear() };
  });
}
