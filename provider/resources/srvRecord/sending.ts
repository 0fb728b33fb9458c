import type { OperationContext } from "../../adapter/handler";
import {
  type DnsClient,
  DnsError,
  type DnsNetwork,
  decodeSecret,
  encodeChange,
  nsupdateChange,
  nsupdateProgram,
  type Sent,
  type Signer,
  type SrvChange,
  takeTicket,
  tsigSigner,
} from "../../dns/index";
import { failureText, OperationFailure } from "../../errors/failure";
import { CredentialsError, credentialSet } from "../../machine/credentials";
import { DeadlineError } from "../../machine/deadline";
import type { SrvAuth } from "./auth";

/** How changes get to the server, and what for: a key, a ticket, or nothing. */
export interface Sending {
  /** Signs queries too, for servers that answer only to key holders. */
  signer: Signer | undefined;
  send(client: DnsClient, change: SrvChange, signal: AbortSignal): Promise<Sent>;
  release(): void;
}

const GETTING_TICKET = "getting a Kerberos ticket for the update";

/** Everything that a change will need is here, or said to be missing, before any name server is asked. */
export async function sendingOf(
  network: DnsNetwork,
  context: OperationContext,
  auth: SrvAuth | undefined,
  resource: string,
  signal: AbortSignal,
): Promise<Sending> {
  try {
    // A look needs neither program nor ticket.
    if (auth?.method === "gssTsig" && context.operation !== "read") return await byTicket(auth, context, signal);
    return bySigner(auth?.method === "tsig" ? tsigOf(network, context, auth) : undefined);
  } catch (error) {
    if (error instanceof DeadlineError) throw noTicketInTime(resource, error);
    if (!(error instanceof CredentialsError || error instanceof DnsError)) throw error;
    // A look needs no signature, as a rule; where it does, the server's refusal is told.
    if (context.operation === "read") return bySigner(undefined);
    const doing = auth?.method === "gssTsig" ? GETTING_TICKET : "finding the TSIG secret";
    const parts = { doing, answered: error.message, state: "Nothing was tried." };
    throw new OperationFailure(failureText({ resource, ...parts, next: error.remedy }));
  }
}

/** Only programs of Kerberos take time here. */
const noTicketInTime = (resource: string, { seconds }: DeadlineError): OperationFailure =>
  new OperationFailure(
    failureText({
      resource,
      doing: GETTING_TICKET,
      answered: `it took longer than ${seconds} s`,
      state: "Nothing was tried.",
      next: "check krb5.conf (KRB5_CONFIG), and that the KDC answers on port 88",
    }),
  );

const bySigner = (signer: Signer | undefined): Sending => ({
  signer,
  send: async (client, change, signal) => {
    await client.update(encodeChange(change), signer, signal);
    return { verified: true };
  },
  release: () => {},
});

async function byTicket(auth: SrvAuth, context: OperationContext, signal: AbortSignal): Promise<Sending> {
  nsupdateProgram(context.env);
  const { principal, keytab, credentialCache, credentials } = auth;
  const account = credentials === undefined ? {} : accountOfSet(credentials, principal, context);
  const source = {
    ...(principal === undefined ? {} : { principal }),
    ...(keytab === undefined ? {} : { keytab }),
    ...(credentialCache === undefined ? {} : { credentialCache }),
    ...account,
  };
  const ticket = await takeTicket(source, context.env, signal);
  return {
    signer: undefined,
    send: (client, change, within) => nsupdateChange(client, change, ticket, within),
    release: ticket.release,
  };
}

function accountOfSet(name: string, declared: string | undefined, { env, credentials, hide }: OperationContext) {
  const { user, password } = credentialSet(name, env, credentials);
  const principal = declared ?? user;
  if (password === undefined || principal === undefined) {
    throw new CredentialsError(
      `the credential set "${name}" has no ${password === undefined ? "password" : "user"}`,
      `give VOLUME_ACTIVATION_<SET>_${password === undefined ? "PASSWORD" : "USER"}, or auth.keytab with auth.principal`,
    );
  }
  if (!/^[\w][\w.$/@-]*$/.test(principal) || /[\r\n]/.test(password)) {
    throw new CredentialsError(
      `the credential set "${name}" has a user or a password that kinit cannot be given`,
      'give the user like "kmsadmin@CONTOSO.COM", and a password of one line',
    );
  }
  hide([password]);
  return { principal, password };
}

function tsigOf(network: DnsNetwork, context: OperationContext, auth: SrvAuth): Signer {
  const { keyName = "", algorithm = "hmac-sha256" } = auth;
  const text = auth.secret ?? secretOfSet(auth.credentials ?? "", context);
  context.hide([text]);
  const secret = decodeSecret(text);
  if (!secret) {
    throw new CredentialsError(
      `the TSIG secret of the credential set "${auth.credentials}" is no base64 text`,
      "give it as it stands in the server's key statement",
    );
  }
  return tsigSigner({ name: keyName, algorithm, secret }, network.now);
}

function secretOfSet(name: string, { env, credentials }: OperationContext): string {
  const { tsigSecret } = credentialSet(name, env, credentials);
  if (tsigSecret !== undefined) return tsigSecret;
  throw new CredentialsError(
    `the credential set "${name}" has no tsigSecret`,
    "add tsigSecret to the set, or give VOLUME_ACTIVATION_<SET>_TSIG_SECRET",
  );
}
