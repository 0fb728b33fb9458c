import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import {
  type DnsClient,
  type DnsNetwork,
  decodeSecret,
  parseServer,
  readSrvSet,
  type Signer,
  type SrvSet,
  tsigSigner,
} from "../../dns/index";
import { failureText, OperationFailure } from "../../errors/failure";
import { CredentialsError, credentialSet } from "../../machine/credentials";
import { DeadlineError, within } from "../../machine/deadline";
import { resourceText } from "../shared/onMachine";
import { explainDns } from "./failures";
import { fqdnOf, type SrvAuth, type SrvRecordInputs } from "./schema";

/** Seconds that one operation may take, from when the set's turn comes. */
const OPERATION_SECONDS = 60;

/** One turn at a set of records on its primary name server. */
export interface SrvTurn {
  /** 'SrvRecord "kms01"'. */
  resource: string;
  client: DnsClient;
  /** Undefined without auth, and where a `read` has no secret at hand (it needs none as a rule). */
  signer: Signer | undefined;
  signal: AbortSignal;
  fqdn: string;
  zone: string;
}

export const lookAt = ({ client, fqdn, zone, signer, signal }: SrvTurn): Promise<SrvSet> =>
  readSrvSet(client, fqdn, zone, signer, signal);

/** The set's turn: no other resource of this process changes it meanwhile. Errors of getting there are could-not-look. */
export function onServer<T>(
  network: DnsNetwork,
  context: OperationContext,
  bag: Props,
  wanted: SrvRecordInputs,
  work: (turn: SrvTurn) => Promise<T>,
): Promise<T> {
  const resource = resourceText("SrvRecord", bag);
  const signer = signerOf(network, context, wanted.auth, resource);
  const fqdn = fqdnOf(wanted);
  return network.atSet(fqdn, context.signal, () =>
    within([context.signal], OPERATION_SECONDS * 1000, async (signal) => {
      const client = await clientOf(network, wanted, resource, signal);
      return work({ resource, client, signer, signal, fqdn, zone: wanted.zone });
    }),
  );
}

async function clientOf(
  network: DnsNetwork,
  { server, zone }: SrvRecordInputs,
  resource: string,
  signal: AbortSignal,
): Promise<DnsClient> {
  try {
    if (server === undefined) return await network.client(await network.primaryOf(zone, signal), signal);
    const parsed = parseServer(server);
    if (!parsed.ok) throw new OperationFailure(`${resource}: server: ${parsed.reason}`);
    return await network.client(parsed.server, signal);
  } catch (error) {
    if (error instanceof OperationFailure) throw error;
    const machine = server ?? `the zone ${zone}`;
    const explained = explainDns(error);
    const state = "Nothing was changed, and what state it is in is not known.";
    const text = { resource, machine, doing: "finding the primary name server", ...explained, state };
    throw new OperationFailure(failureText(text), true);
  }
}

function signerOf(
  network: DnsNetwork,
  context: OperationContext,
  auth: SrvAuth | undefined,
  resource: string,
): Signer | undefined {
  if (auth?.method !== "tsig") return undefined;
  const { keyName = "", algorithm = "hmac-sha256" } = auth;
  try {
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
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    // A look needs no signature, as a rule; where it does, the server's refusal is told.
    if (context.operation === "read") return undefined;
    const parts = { doing: "finding the TSIG secret", answered: error.message, state: "Nothing was tried." };
    throw new OperationFailure(failureText({ resource, ...parts, next: error.remedy }));
  }
}

function secretOfSet(name: string, { env, credentials }: OperationContext): string {
  const { tsigSecret } = credentialSet(name, env, credentials);
  if (tsigSecret !== undefined) return tsigSecret;
  throw new CredentialsError(
    `the credential set "${name}" has no tsigSecret`,
    "add tsigSecret to the set, or give VOLUME_ACTIVATION_<SET>_TSIG_SECRET",
  );
}

/** Whether the error ends the operation from outside, so that it is no news of the server. */
export const isCancelled = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && !(error instanceof DeadlineError);
