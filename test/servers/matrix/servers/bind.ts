import { freePort } from "../../bind/named";
import { type Folder, inFolder, serves } from "./process";
import { type Keys, keyFile, type MatrixServer, makeKeys, READER, withKeys, zoneText } from "./server";

const ZONE = "bind.test";
export const OPEN_ZONE = "open.test";
/** A zone whose TTLs BIND limits, in silence, to this many seconds. */
export const CAPPED_ZONE = { name: "capped.test", mostTtl: 4000 } as const;

export interface BindServer extends MatrixServer {
  keys: Keys;
  folder: Folder;
}

/** Options that each BIND has here. */
const options = (folder: Folder, port: number, more = "") => `options { directory "${folder.path}"; pid-file none;
  session-keyfile "${folder.at("session.key")}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
  recursion no; notify no; dnssec-validation no; ${more} };
controls { };
`;

/** Starts a copy of BIND on this configuration, and waits until it serves the zone. */
export const runNamed = (
  program: string,
  folder: Folder,
  port: number,
  zone: string,
  config: { options?: string; rest: string; env?: NodeJS.ProcessEnv },
) => {
  const file = folder.write("named.conf", options(folder, port, config.options) + config.rest);
  const words = ["-g", "-c", file];
  return folder.start(folder.copyOf(program, "named"), words, () => serves(port, zone), config.env);
};

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
    const rest = `${statements.join("\n")}
zone "${ZONE}" { type primary; file "${folder.write("zone", zoneText(ZONE))}"; allow-update { ${updaters} };
  notify explicit; notify-delay 0; also-notify { ${notified} }; };
zone "${OPEN_ZONE}" { type primary; file "${folder.write("open", zoneText(OPEN_ZONE))}"; allow-update { any; }; };
zone "${CAPPED_ZONE.name}" { type primary; file "${folder.write("capped", zoneText(CAPPED_ZONE.name))}";
  max-zone-ttl ${CAPPED_ZONE.mostTtl}; allow-update { ${updaters} }; };
zone "broken.test" { type primary; file "${folder.write("broken", "no zone file\n")}"; allow-update { any; }; };
`;
    await runNamed(program, folder, port, ZONE, { options: "allow-query { any; };", rest });
    const keyPath = folder.write("updater.key", keyFile(keys), 0o600);
    return { ...withKeys("BIND", port, ZONE, keys, keyPath), keys, folder, stop: () => folder.clear() };
  });
}

/** A secondary of the zone, which knows the key too. One that the primary does not notify keeps its copy for a day. */
export function startSecondary(program: string, primary: BindServer, port: number): Promise<Folder> {
  return inFolder("matrix-secondary", async (folder) => {
    const rest = `${keyFile(primary.keys)}zone "${primary.zone}" { type secondary; file "copy";
  primaries port ${primary.port} { 127.0.0.1; }; };
`;
    await runNamed(program, folder, port, primary.zone, { rest });
    return folder;
  });
}
