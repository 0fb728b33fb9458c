import { randomBytes } from "node:crypto";
import type { Props } from "../../../../provider/adapter/props";
import { TSIG_ALGORITHMS, type TsigAlgorithm } from "../../../../provider/dns";

export const COLUMNS = ["BIND", "Knot", "PowerDNS", "BIND+KDC", "Samba AD", "lab"] as const;
export type Column = (typeof COLUMNS)[number];

/** A name server with a zone that takes signed updates. */
export interface MatrixServer {
  column: Column;
  port: number;
  zone: string;
  /** `auth` of a resource that may change the zone, and of one that is known and may not. */
  auth: Props;
  forbidden: Props;
  /** What the provider's process has in its environment. */
  env: NodeJS.ProcessEnv;
  /** Words of nsupdate's command line by which another program may change the zone too. */
  nsupdate: readonly string[];
  stop(): Promise<void>;
}

/** TSIG keys of a server: one for each algorithm that may change the zone, and one that may not. */
export const KEY_NAME = (algorithm: TsigAlgorithm) => `updater-${algorithm}`;
export const READER = "reader";

export interface Keys {
  secret: string;
  readerSecret: string;
  /** The names of those that may change the zone, with their algorithms. */
  updaters: readonly { name: string; algorithm: TsigAlgorithm }[];
}

export const makeKeys = (): Keys => ({
  secret: randomBytes(32).toString("base64"),
  readerSecret: randomBytes(32).toString("base64"),
  updaters: TSIG_ALGORITHMS.map((algorithm) => ({ name: KEY_NAME(algorithm), algorithm })),
});

export const tsigAuth = (over: Props = {}): Props => ({
  method: "tsig",
  keyName: KEY_NAME("hmac-sha256"),
  credentials: "dns",
  ...over,
});

/** nsupdate reads its key from a file, so that it is on no command line. */
export const keyFile = ({ secret }: Keys): string =>
  `key "${KEY_NAME("hmac-sha256")}" { algorithm hmac-sha256; secret "${secret}"; };\n`;

export const zoneText = (zone: string, host = "ns") => `$TTL 3600
@ IN SOA ${host}.${zone}. hostmaster.${zone}. 1 86400 7200 2592000 300
@ IN NS ${host}.${zone}.
${host} IN A 127.0.0.1
`;

/** The parts that all servers with TSIG keys have in common. */
export const withKeys = (column: Column, port: number, zone: string, keys: Keys, keyPath: string) => ({
  column,
  port,
  zone,
  auth: tsigAuth(),
  forbidden: tsigAuth({ keyName: READER, credentials: "reader" }),
  env: {
    PATH: process.env["PATH"],
    VOLUME_ACTIVATION_DNS_TSIG_SECRET: keys.secret,
    VOLUME_ACTIVATION_READER_TSIG_SECRET: keys.readerSecret,
  },
  nsupdate: ["-k", keyPath],
});
