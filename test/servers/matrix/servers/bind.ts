import { freePort } from "../../bind/named";
import { type Folder, inFolder, serves } from "./process";
import { type Keys, keyFile, type MatrixServer, makeKeys, READER, withKeys, zoneText } from "./server";

const ZONE = "bind.test";
export const OPEN_ZONE = "open.test";

export interface BindServer extends MatrixServer {
  keys: Keys;
  folder: Folder;
}

/**
 * BIND 9 with TSIG keys, which notifies secondaries at these ports. A zone that is not loaded is
 * "broken.test", one that takes unsigned updates OPEN_ZONE.
 */
export function startBind(program: string, secondaries: readonly number[] = []): Promise<BindServer> {
  return inFolder("matrix-bind", async (folder) => {
    const keys = makeKeys();
    const port = await freePort();
    const updaters = keys.updaters.map(({ name }) => `key "${name}";`).join(" ");
    const statements = [
      ...keys.updaters.map((key) => `key "${key.name}" { algorithm ${key.algorithm}; secret "${keys.secret}"; };`),
      `key "${READER}" { algorithm hmac-sha256; secret "${keys.readerSecret}"; };`,
    ];
    const notified = secondaries.map((secondary) => `127.0.0.1 port ${secondary};`).join(" ");
    const config = folder.write(
      "named.conf",
      `options { directory "${folder.path}"; pid-file none; session-keyfile "${folder.at("session.key")}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
  recursion no; notify no; dnssec-validation no; allow-query { any; }; };
controls { };
${statements.join("\n")}
zone "${ZONE}" { type primary; file "${folder.write("zone", zoneText(ZONE))}"; allow-update { ${updaters} };
  notify explicit; notify-delay 0; also-notify { ${notified} }; };
zone "${OPEN_ZONE}" { type primary; file "${folder.write("open", zoneText(OPEN_ZONE))}"; allow-update { any; }; };
zone "broken.test" { type primary; file "${folder.write("broken", "no zone file\n")}"; allow-update { any; }; };
`,
    );
    await folder.start(folder.copyOf(program, "named"), ["-g", "-c", config], () => serves(port, ZONE));
    const keyPath = folder.write("updater.key", keyFile(keys), 0o600);
    return { ...withKeys("BIND", port, ZONE, keys, keyPath), keys, folder, stop: () => folder.clear() };
  });
}
