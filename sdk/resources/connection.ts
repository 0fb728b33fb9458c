import * as pulumi from "@pulumi/pulumi";

/** How a machine is reached. Fields that stand in pulumi-command 1.2.1 `remote.ConnectionArgs` mean the same here. */
export interface EndpointArgs {
  /** Host name or IP address, without port. A change is in place and touches nothing on the machine. */
  host: pulumi.Input<string>;
  /**
   * TCP port of the SSH server, 1..65535.
   * @default 22
   */
  port?: pulumi.Input<number>;
  /**
   * Windows account, a member of the machine's Administrators group; "DOMAIN\\name" for a domain account.
   * @default "Administrator"
   */
  user?: pulumi.Input<string>;
  /** The account's password; kept as a secret. Prefer {@link ConnectionArgs.credentials}, which is in no resource's state. */
  password?: pulumi.Input<string>;
  /** Private key (PEM text) of an authorized key; kept as a secret; wins over `password`. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of `privateKey`; kept as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /**
   * Path of an SSH agent's socket.
   * @default the environment's SSH_AUTH_SOCK, when there is neither key nor password
   */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The machine's SSH host key, one line as `ssh-keyscan HOST` prints it without the host name
   * ("ssh-ed25519 AAAA..."). This or `knownHosts` is required; "insecure-accept-any" skips the check and warns at every run.
   */
  hostKey?: pulumi.Input<string>;
  /**
   * Further dials after a failed one, -1 (until the deadline) to 100.
   * @default 2
   */
  dialErrorLimit?: pulumi.Input<number>;
  /**
   * Seconds for one dial, 0 (no limit of its own) to 3600.
   * @default 15
   */
  perDialTimeout?: pulumi.Input<number>;
}

/** How the resource's machine is reached. Any change is in place: it is stored, and nothing is written on the machine. */
export interface ConnectionArgs extends EndpointArgs {
  /**
   * The way in. "ssh" is the one of this release.
   * @default "ssh"
   */
  transport?: pulumi.Input<"ssh">;
  /** Text of an OpenSSH known_hosts file (hashed names and [host]:port allowed), in the place of `hostKey`. */
  knownHosts?: pulumi.Input<string>;
  /**
   * Name of a credential set, looked up when the provider runs: environment first
   * (VOLUME_ACTIVATION_<SET>_USER, _PASSWORD, _PRIVATE_KEY, _PRIVATE_KEY_PASSWORD), then the stack's secret
   * `volume-activation:credentials`. It is in no resource's state and no diff; fields given here win over it.
   */
  credentials?: pulumi.Input<string>;
  /** One jump host, with its own host key. */
  proxy?: pulumi.Input<EndpointArgs>;
  /** Own deadlines, in seconds (the engine does not hand its `customTimeouts` to dynamic providers). */
  timeouts?: pulumi.Input<TimeoutArgs>;
  /**
   * What a refresh does when the machine cannot be looked at: "fail", or "keep" what the state says, marked as not
   * looked at (the next `up` looks again). VOLUME_ACTIVATION_ON_UNREACHABLE in the environment wins over it. A machine
   * that cannot be reached is never taken for one that is gone.
   * @default "fail"
   */
  onUnreachable?: pulumi.Input<"fail" | "keep">;
}

export interface TimeoutArgs {
  /**
   * Dial, login and agent start together, 1..86400 seconds.
   * @default 60
   */
  connect?: pulumi.Input<number>;
  /**
   * One create, update, read or delete, counted from when the machine's turn comes, 1..86400 seconds.
   * @default 600
   */
  operation?: pulumi.Input<number>;
}

/** Marks the confirmation id of an `activation`, and nothing else of it. */
export function secretConfirmation<Args extends { confirmationId?: pulumi.Input<string> }>(
  activation: pulumi.Input<Args> | undefined,
): pulumi.Input<Args> | undefined {
  if (activation === undefined) return undefined;
  const mark = (given: Args): Args =>
    given.confirmationId === undefined ? given : { ...given, confirmationId: pulumi.secret(given.confirmationId) };
  if (pulumi.Output.isInstance(activation) || activation instanceof Promise) {
    return pulumi
      .output(activation)
      .apply((given) => pulumi.output(mark(given as Args)) as unknown as pulumi.Output<Args>);
  }
  return mark(activation);
}

const SECRETS = ["password", "privateKey", "privateKeyPassword"] as const;

/**
 * Marks the secret leaves and nothing else, so that the rest of a connection stays readable in previews and state. Of a
 * connection that is an Output as a whole only the Output can be marked: it is secret once a secret leaf is in it.
 */
export function secretLeaves(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<ConnectionArgs> {
  if (pulumi.Output.isInstance(connection) || connection instanceof Promise) {
    return pulumi.output(connection).apply((given) => {
      const marked = markConnection(given as ConnectionArgs);
      return pulumi.output(marked) as unknown as pulumi.Output<ConnectionArgs>;
    });
  }
  return markConnection(connection);
}

function markConnection(given: ConnectionArgs): ConnectionArgs {
  const marked = markEndpoint(given);
  const { proxy } = marked;
  if (proxy === undefined) return marked;
  if (pulumi.Output.isInstance(proxy) || proxy instanceof Promise) {
    marked.proxy = pulumi
      .output(proxy)
      .apply((hop) => pulumi.output(markEndpoint(hop as EndpointArgs)) as unknown as pulumi.Output<EndpointArgs>);
  } else marked.proxy = markEndpoint(proxy);
  return marked;
}

function markEndpoint<Args extends EndpointArgs>(given: Args): Args {
  const marked = { ...given };
  for (const name of SECRETS) {
    const value = marked[name];
    if (value !== undefined) marked[name] = pulumi.secret(value);
  }
  return marked;
}
