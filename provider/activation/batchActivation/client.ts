import { DEFAULT_ENDPOINT, DEFAULT_MAC_KEY, SOAP_ACTION } from "./constants";
import { BatchActivationError, httpError } from "./errors";
import { ProxyRefusedError, post } from "./post";
import { type BatchQuestion, soapRequest } from "./request";
import { type BatchAnswer, parseAnswer } from "./response";

export interface BatchActivationOptions {
  endpoint?: string | undefined;
  /** Of the HTTP proxy on the way, like "http://proxy.contoso.com:8080". */
  httpProxy?: string | undefined;
  /** 64 hexadecimal digits. */
  macKey?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Default {@link ANSWER_WITHIN_MS}. */
  timeoutMs?: number | undefined;
}

/** The service answers within seconds, or not at all. */
const ANSWER_WITHIN_MS = 60_000;

/** A confirmation id for a MAK; each new installation id takes one of its activations. */
export async function acquireConfirmationId(
  ids: { productKeyId: string; installationId: string },
  options: BatchActivationOptions = {},
): Promise<string> {
  const answer = await ask({ ask: "confirmationId", ...ids }, options);
  if ("confirmationId" in answer) return answer.confirmationId;
  throw otherQuestion();
}

/** How many activations a MAK has left; takes none of them. Undefined where the service has no count for it. */
export async function remainingActivations(
  productKeyId: string,
  options: BatchActivationOptions = {},
): Promise<number | undefined> {
  const answer = await ask({ ask: "remainingCount", productKeyId }, options);
  if (!("remaining" in answer)) throw otherQuestion();
  return answer.remaining < 0 ? undefined : answer.remaining;
}

const otherQuestion = () =>
  new BatchActivationError(
    "Microsoft's BatchActivation service answered another question than was asked",
    "see that no proxy answers in its place, then run `pulumi up` again",
    "perhaps",
  );

async function ask(question: BatchQuestion, options: BatchActivationOptions): Promise<BatchAnswer> {
  const endpoint = options.endpoint ?? DEFAULT_ENDPOINT;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? ANSWER_WITHIN_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const { status, body } = await post({
    url: new URL(endpoint),
    headers: { "content-type": 'text/xml; charset="utf-8"', soapaction: SOAP_ACTION },
    body: soapRequest(question, options.macKey ?? DEFAULT_MAC_KEY),
    proxy: options.httpProxy === undefined ? undefined : new URL(options.httpProxy),
    signal,
  }).catch((error: unknown) => {
    throw unreachable(error, endpoint, options, timeout.aborted);
  });
  if (status !== 200) throw httpError(status, endpoint);
  return parseAnswer(body);
}

/** Codes of errors that come before anything was sent. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function unreachable(
  error: unknown,
  endpoint: string,
  { httpProxy }: BatchActivationOptions,
  timedOut: boolean,
): BatchActivationError {
  const way = httpProxy === undefined ? "" : ` through the proxy ${httpProxy}`;
  const next = `see that ${endpoint} can be reached${way || " directly"} from where Pulumi runs${
    httpProxy === undefined ? ", or set activation.httpProxy" : ""
  }, or activate by phone`;
  if (error instanceof ProxyRefusedError) {
    if (error.status === 407) return httpError(407, `the proxy ${httpProxy ?? ""}`);
    return new BatchActivationError(
      `the proxy ${httpProxy ?? ""} did not let it through to ${endpoint} (HTTP status ${error.status})`,
      "allow that address in the proxy, or activate by phone",
    );
  }
  if (timedOut) return new BatchActivationError(`${endpoint} did not answer in time${way}`, next, "perhaps");
  const code = codeOf(error);
  return new BatchActivationError(
    `${endpoint} could not be reached${way}${code ? ` (${code})` : ""}`,
    next,
    code !== undefined && NEVER_SENT.has(code) ? "no" : "perhaps",
  );
}

/** fetch hides the socket's error in its cause. */
function codeOf(error: unknown): string | undefined {
  for (let here: unknown = error, depth = 0; here instanceof Error && depth < 5; here = here.cause, depth++) {
    if ("code" in here && typeof here.code === "string") return here.code;
  }
  return undefined;
}
