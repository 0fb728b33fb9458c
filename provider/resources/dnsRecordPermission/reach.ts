import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { AgentDirectory } from "../../directory/agent";
import type { Directory } from "../../directory/directory";
import { DirectoryError } from "../../directory/errors";
import { parseServer, serverText } from "../../dns/index";
import { CredentialsError, credentialSet } from "../../machine/credentials";
import { within } from "../../machine/deadline";
import { Turns } from "../../machine/turns";
import { onMachine, resourceText } from "../shared/onMachine";
import { lookFailed, type Where } from "./failures";
import { LDAPS_PORT, type LdapAccess } from "./ldap";
import { type DnsRecordPermissionInputs, fqdnOf } from "./schema";

/** Seconds that one operation by LDAP may take, from when the node's turn comes. */
const OPERATION_SECONDS = 60;
const TYPE = "DnsRecordPermission";

export interface DirectoryTurn extends Where {
  directory: Directory;
  signal: AbortSignal;
}

/** One turn at each node: two resources of this process that write the same list come one after the other. */
const nodes = new Map<string, Turns>();

/** The directory, reached as it was declared. Errors of getting there are could-not-look. */
export async function atDirectory<T>(
  context: OperationContext,
  bag: Props,
  wanted: DnsRecordPermissionInputs,
  work: (turn: DirectoryTurn) => Promise<T>,
): Promise<T> {
  const key = fqdnOf(wanted);
  const turns = nodes.get(key) ?? new Turns();
  nodes.set(key, turns);
  const letGo = await turns.take(context.signal);
  try {
    const { ldap } = wanted;
    return await (ldap ? byLdap(context, bag, ldap, work) : byAgent(context, bag, work));
  } finally {
    letGo();
    if (turns.inUse === 0 && turns.waiting === 0) nodes.delete(key);
  }
}

function byAgent<T>(context: OperationContext, bag: Props, work: (turn: DirectoryTurn) => Promise<T>): Promise<T> {
  // Any machine of the domain shows the same directory: which one it was before does not matter.
  return onMachine(context, TYPE, bag, undefined, ({ session, resource }) => {
    const machine = session.description;
    return work({ resource, machine, directory: new AgentDirectory(session), signal: context.signal });
  });
}

function byLdap<T>(
  context: OperationContext,
  bag: Props,
  ldap: LdapAccess,
  work: (turn: DirectoryTurn) => Promise<T>,
): Promise<T> {
  const resource = resourceText(TYPE, bag);
  return within([context.signal], OPERATION_SECONDS * 1000, async (signal) => {
    const parsed = parseServer(ldap.server, LDAPS_PORT);
    const where: Where = {
      resource,
      machine: `${parsed.ok ? serverText(parsed.server) : ldap.server} (LDAP over TLS)`,
    };
    const opening = async () => {
      if (!parsed.ok) throw new DirectoryError("unreachable", parsed.reason, 'correct "ldap.server"');
      // The library is loaded by those who use it only.
      const { LdapSession } = await import("../../directory/ldap/session.js");
      const { LdapDirectory } = await import("../../directory/ldap/directory.js");
      const session = await LdapSession.open(parsed.server, ldap.tls ?? {}, loginOf(ldap, context), signal);
      return { session, directory: new LdapDirectory(session) };
    };
    const { session, directory } = await opening().catch((error: unknown) => {
      if (signal.aborted && context.signal.aborted) throw error;
      throw lookFailed(where, error);
    });
    try {
      return await work({ ...where, directory, signal });
    } finally {
      await session.close();
    }
  });
}

function loginOf(ldap: LdapAccess, { env, credentials, hide }: OperationContext): { user: string; password: string } {
  try {
    const set = ldap.credentials === undefined ? {} : credentialSet(ldap.credentials, env, credentials);
    const { user = set.user, password = set.password } = ldap;
    if (password !== undefined) hide([password]);
    if (user !== undefined && password !== undefined) return { user, password };
    throw new CredentialsError(
      `the credential set "${ldap.credentials}" has no ${user === undefined ? "user" : "password"}`,
      `give VOLUME_ACTIVATION_<SET>_${user === undefined ? "USER" : "PASSWORD"}, or ldap.${user === undefined ? "user" : "password"}`,
    );
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    throw new DirectoryError("equipment", error.message, error.remedy);
  }
}
