/** Fields shared by a machine and the jump host before it; names and meanings of pulumi-command 1.2.1. */
export interface Endpoint {
  host: string;
  /** 1..65535, default 22. */
  port?: number;
  user?: string;
  password?: string;
  /** PEM text; wins over `password`. */
  privateKey?: string;
  privateKeyPassword?: string;
  /** Path of an SSH agent's socket; default: the environment's SSH_AUTH_SOCK when neither key nor password is given. */
  agentSocketPath?: string;
  /** One authorized_keys line ("ssh-ed25519 AAAA..."), or "insecure-accept-any". */
  hostKey?: string;
  /** Further dials after a failed one; default 2 (pulumi-command: 10), -1 = until the deadline. */
  dialErrorLimit?: number;
  /** Seconds for one dial, default 15; 0 = no limit of its own. */
  perDialTimeout?: number;
}

/** What a resource's `connection` says, after `check`. */
export interface Connection extends Endpoint {
  transport?: "ssh";
  /** Text of an OpenSSH known_hosts file (hashed names and [host]:port allowed). */
  knownHosts?: string;
  /** Name of a credential set, resolved in the provider process. */
  credentials?: string;
  /** One jump host. */
  proxy?: Endpoint;
  /** Seconds. `connect`: dial, login and agent start together (60); `operation`: one create, update, read or delete (600). */
  timeouts?: { connect?: number; operation?: number };
  onUnreachable?: "fail" | "keep";
}

/** A connection whose credentials are known; what the pool and the transports take. */
export interface ResolvedConnection {
  endpoint: Required<Pick<Endpoint, "host" | "port" | "user">> & Endpoint;
  knownHosts?: string;
  proxy?: Required<Pick<Endpoint, "host" | "port" | "user">> & Endpoint;
  connectTimeoutMs: number;
}
