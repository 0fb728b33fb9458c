import { mkdirSync } from "node:fs";
import { freePort } from "../../bind/named";
import { inFolder, serves } from "./process";
import { keyFile, type MatrixServer, makeKeys, READER, withKeys, zoneText } from "./server";

const ZONE = "knot.test";

/** Knot DNS with TSIG keys. */
export function startKnot(program: string): Promise<MatrixServer> {
  return inFolder("matrix-knot", async (folder) => {
    const keys = makeKeys();
    const port = await freePort();
    folder.write("zone", zoneText(ZONE));
    mkdirSync(folder.at("db"));
    const key = (name: string, algorithm: string, secret: string) =>
      `  - id: ${name}\n    algorithm: ${algorithm}\n    secret: ${secret}\n`;
    const config = folder.write(
      "knot.conf",
      `server:
    rundir: ${folder.path}
    listen: [127.0.0.1@${port}, "::1@${port}"]
database:
    storage: ${folder.at("db")}
log:
  - target: stderr
    any: info
key:
${keys.updaters.map(({ name, algorithm }) => key(name, algorithm, keys.secret)).join("")}${key(READER, "hmac-sha256", keys.readerSecret)}
acl:
  - id: updates
    action: update
    key: [${keys.updaters.map(({ name }) => name).join(", ")}]
zone:
  - domain: ${ZONE}
    file: ${folder.at("zone")}
    acl: updates
`,
    );
    await folder.start(program, ["-c", config], () => serves(port, ZONE));
    const keyPath = folder.write("updater.key", keyFile(keys), 0o600);
    return { ...withKeys("Knot", port, ZONE, keys, keyPath), stop: () => folder.clear() };
  });
}
