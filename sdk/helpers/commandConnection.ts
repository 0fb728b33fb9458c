import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, EndpointArgs } from "../resources/connection";

/** Exactly the fields of `remote.ProxyConnectionArgs` of @pulumi/command 1.2.1, whose plugin refuses any other. */
export interface CommandEndpointArgs {
  /** Host name or IP address. */
  host: pulumi.Input<string>;
  /** TCP port of the SSH server. */
  port?: pulumi.Input<number>;
  /** Account. */
  user?: pulumi.Input<string>;
  /** Password of the account. */
  password?: pulumi.Input<string>;
  /** Private key, PEM text. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of the private key. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Socket of an SSH agent. */
  agentSocketPath?: pulumi.Input<string>;
  /** The host's key. */
  hostKey?: pulumi.Input<string>;
  /** Further dials after a failed one. */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds for one dial. */
  perDialTimeout?: pulumi.Input<number>;
}

/** Exactly the fields of `remote.ConnectionArgs` of @pulumi/command 1.2.1. */
export interface CommandConnectionArgs extends CommandEndpointArgs {
  /** One jump host. */
  proxy?: pulumi.Input<CommandEndpointArgs>;
}

/** The fields of an endpoint that mean the same on both sides and go over as they are. */
const SAME = [
  "host",
  "port",
  "password",
  "privateKey",
  "privateKeyPassword",
  "agentSocketPath",
  "perDialTimeout",
] as const satisfies readonly (keyof EndpointArgs & keyof CommandEndpointArgs)[];

/** Where @pulumi/command would do otherwise (`root`, 10 dials), so that the same connection means the same. */
const OUR_DEFAULTS = { user: "Administrator", dialErrorLimit: 2 } as const;

/** What pulumi-command has no words for, and what to do instead. */
const INEXPRESSIBLE: { readonly [field in "knownHosts" | "credentials"]: string } = {
  knownHosts: "give the one line of this machine as hostKey",
  credentials:
    "such a set is looked up inside this project's provider only; give user and password or privateKey, for example from the stack's secrets",
};

/**
 * A connection of this package as one for `@pulumi/command` 1.2.1 (`remote.Command`, `remote.CopyToRemote`). Throws for
 * what that cannot express: `knownHosts`, `credentials`, a transport other than SSH, and a host key that is missing or
 * "insecure-accept-any" (it checks no host key when none is given, silently). `timeouts` and `onUnreachable` have no
 * counterpart there and are left out: use the resource option `customTimeouts`.
 */
export function commandConnection(connection: ConnectionArgs): CommandConnectionArgs;
export function commandConnection(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<CommandConnectionArgs>;
export function commandConnection(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<CommandConnectionArgs> {
  if (pulumi.Output.isInstance(connection) || connection instanceof Promise) {
    return pulumi.output(connection).apply((given) => pulumi.output(convert(given as ConnectionArgs)));
  }
  return convert(connection);
}

function convert(connection: ConnectionArgs): CommandConnectionArgs {
  for (const [field, instead] of Object.entries(INEXPRESSIBLE)) {
    if (connection[field as keyof typeof INEXPRESSIBLE] !== undefined) {
      fail("connection", `${field} has no counterpart there; ${instead}`);
    }
  }
  const { proxy } = connection;
  const result: CommandConnectionArgs = endpoint(connection, "connection");
  result.host = overSsh(connection.host, connection.transport);
  if (proxy === undefined) return result;
  result.proxy =
    pulumi.Output.isInstance(proxy) || proxy instanceof Promise
      ? pulumi.output(proxy).apply((hop) => pulumi.output(endpoint(hop as EndpointArgs, "connection.proxy")))
      : endpoint(proxy, "connection.proxy");
  return result;
}

/** The host, if SSH leads there; a transport that is known later only is judged then. */
function overSsh(host: pulumi.Input<string>, transport: pulumi.Input<string> = "ssh"): pulumi.Input<string> {
  const judged = (name: string, way: string): string =>
    way === "ssh" ? name : fail("connection", `the transport "${way}" has no counterpart there; it knows SSH only`);
  if (typeof transport !== "string") return pulumi.all([host, transport]).apply(([name, way]) => judged(name, way));
  judged("", transport);
  return host;
}

function endpoint(given: EndpointArgs, path: string): CommandEndpointArgs {
  const result: CommandEndpointArgs = { host: given.host, ...OUR_DEFAULTS };
  for (const field of SAME) {
    const value = given[field];
    if (value !== undefined) Object.assign(result, { [field]: value });
  }
  if (given.user !== undefined) result.user = given.user;
  if (given.dialErrorLimit !== undefined) result.dialErrorLimit = given.dialErrorLimit;
  result.hostKey = checkedHostKey(given.hostKey, `${path}.hostKey`);
  return result;
}

function checkedHostKey(hostKey: pulumi.Input<string> | undefined, path: string): pulumi.Input<string> {
  if (hostKey === undefined) return fail(path, "is required: without it @pulumi/command accepts any host key");
  if (typeof hostKey === "string") return acceptable(hostKey, path);
  return pulumi.output(hostKey).apply((line) => acceptable(line, path));
}

function acceptable(line: string, path: string): string {
  if (line.trim() !== "insecure-accept-any") return line;
  return fail(path, '"insecure-accept-any" is not handed on; give the line of the machine that ssh-keyscan prints');
}

function fail(path: string, why: string): never {
  throw new Error(`commandConnection: ${path}: ${why}.`);
}
