import { z } from "zod";
import type { Path, Props } from "../../adapter/props";
import { checkHostKeyLine, checkHostName, checkPort } from "../../checks/index";
import type { Connection } from "../../machine/connection";
import type { Rules } from "./checking";
import { choice, secretText, text, whole } from "./fields";

const hostKey = text("one authorized_keys line", (value) =>
  value === "insecure-accept-any" ? undefined : checkHostKeyLine(value),
);
const seconds = (what: string) =>
  whole(what, (value) => (value >= 1 && value <= 86_400 ? undefined : "must be 1 to 86400 seconds"));

const endpoint = {
  host: text("a host name or an IP address", checkHostName).optional(),
  port: whole("the SSH port", checkPort).optional(),
  user: text("a Windows account", (value) =>
    /^\P{Cc}+$/u.test(value) ? undefined : "must be one line, and not empty",
  ).optional(),
  password: secretText("the account's password").optional(),
  privateKey: secretText("a private key in PEM form").optional(),
  privateKeyPassword: secretText("the private key's passphrase").optional(),
  agentSocketPath: text("the path of an SSH agent's socket").optional(),
  hostKey: hostKey.optional(),
  dialErrorLimit: whole("further dials after a failed one", (value) =>
    value >= -1 && value <= 100 ? undefined : "must be -1 (until the deadline) or 0 to 100",
  ).optional(),
  perDialTimeout: whole("seconds for one dial", (value) =>
    value >= 0 && value <= 3600 ? undefined : "must be 0 (no limit of its own) to 3600 seconds",
  ).optional(),
};

const object = (what: string) => ({ error: `must be an object: ${what}` });

export const connectionSchema = z.strictObject(
  {
    ...endpoint,
    transport: z.literal("ssh", { error: 'must be "ssh", the one transport of this release' }).optional(),
    knownHosts: text("the text of an OpenSSH known_hosts file").optional(),
    credentials: text("the name of a credential set", (value) =>
      /^[\w .-]{1,64}$/.test(value)
        ? undefined
        : "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
    ).optional(),
    proxy: z.strictObject(endpoint, object("the jump host")).optional(),
    timeouts: z
      .strictObject(
        { connect: seconds("dial, login and agent start").optional(), operation: seconds("one operation").optional() },
        object("connect and operation, in seconds"),
      )
      .optional(),
    onUnreachable: choice(["fail", "keep"]).optional(),
  },
  object("how to reach the machine (host, hostKey or knownHosts, credentials ...)"),
);

/** The rules across fields of a connection, which stands under `connection` unless another place is said. */
export function connectionRules(
  connection: z.output<typeof connectionSchema> | undefined,
  rules: Rules,
  place: Path = ["connection"],
): void {
  const at = (...members: string[]) => [...place, ...members];
  rules.require(place, "how to reach the machine");
  if (!connection) return;
  rules.require(at("host"), "the machine's host name or IP address");
  const identity = (hop: string[], given: { hostKey?: string | undefined }) => {
    const known = rules.unknown(...hop, "hostKey") || rules.unknown(...at("knownHosts"));
    if (known || given.hostKey !== undefined || connection.knownHosts !== undefined) return;
    rules.fail(
      [...hop, "hostKey"],
      "is required, or knownHosts: the machine's SSH host key as `ssh-keyscan HOST` prints it (without the host name), " +
        'so that nobody else can answer in its place; "insecure-accept-any" skips the check and warns at every run',
    );
  };
  identity(at(), connection);
  if (connection.proxy) {
    rules.require(at("proxy", "host"), "the jump host's name or IP address");
    identity(at("proxy"), connection.proxy);
  }
  if (connection.privateKeyPassword !== undefined && connection.privateKey === undefined) {
    if (!rules.unknown(...at("privateKey"))) rules.fail(at("privateKeyPassword"), "has no privateKey to open");
  }
}

/** The connection of checked inputs or of outputs. */
export const connectionOf = (bag: Props): Connection => bag["connection"] as unknown as Connection;
