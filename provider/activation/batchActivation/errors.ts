/** Why the web service gave nothing. `spent`: whether it may have taken an activation of the MAK all the same. */
export class BatchActivationError extends Error {
  override readonly name = "BatchActivationError";
  constructor(
    /** What was answered, with code and meaning. */
    message: string,
    readonly remedy: string,
    readonly spent: "no" | "perhaps" = "no",
  ) {
    super(message);
  }
}

interface ServiceError {
  meaning: string;
  remedy: string;
}

const ASK_MICROSOFT =
  'ask Microsoft\'s volume licensing service centre, or activate by phone (activation.method "phone")';

/** The service's own error codes; hexadecimal, upper case, without leading zeros. */
const SERVICE_ERRORS: { readonly [code: string]: ServiceError } = {
  "0x67": {
    meaning: "the MAK is blocked, or the product id and the installation id do not belong together",
    remedy: `see in the licence portal that the MAK is valid; if it is, ${ASK_MICROSOFT}`,
  },
  "0x68": {
    meaning: "the product key is invalid",
    remedy: "compare productKey with the licence portal",
  },
  "0x71": {
    meaning: "the service refused the installation id; others met it after a mistyped id",
    remedy: "run `pulumi up --refresh` again, which reads the id anew; if it stays, activate by phone",
  },
  "0x7F": {
    meaning: "the MAK has no activations left",
    remedy: "ask Microsoft for more activations, or use another MAK",
  },
  "0x86": {
    meaning: "the product key is of a kind that the service does not serve; it takes MAKs only",
    remedy: "declare a MAK; a KMS host key is activated online or by phone",
  },
  "0x90": {
    meaning: "the installation id is wrong",
    remedy: "run `pulumi up --refresh` again, which reads the id anew; if it stays, activate by phone",
  },
  "0x80004003": {
    meaning: "the service failed inside; that was an outage of some days when it was seen before",
    remedy: "try again later, or activate by phone",
  },
};

/** Codes that were met in the field. */
export const KNOWN_SERVICE_CODES: readonly string[] = Object.keys(SERVICE_ERRORS);

export function serviceError(text: string): BatchActivationError {
  const code = normalized(text);
  const known = SERVICE_ERRORS[code];
  return known
    ? new BatchActivationError(`Microsoft's BatchActivation service answered ${code}: ${known.meaning}`, known.remedy)
    : new BatchActivationError(
        `Microsoft's BatchActivation service answered the error ${code}, which is not known here`,
        ASK_MICROSOFT,
      );
}

function normalized(text: string): string {
  const match = /^\s*(?:0x)?([0-9A-Fa-f]{1,8})\s*$/.exec(text);
  if (!match?.[1]) return JSON.stringify(text.slice(0, 40));
  return `0x${match[1].replace(/^0+(?=.)/, "").toUpperCase()}`;
}

export function httpError(status: number, endpoint: string): BatchActivationError {
  const where = `${endpoint} answered HTTP status ${status}`;
  if (status === 407) {
    return new BatchActivationError(
      `${where}: the proxy asks for a login`,
      "let the proxy pass this address without a login, or run Pulumi where it need not use it",
    );
  }
  if (status === 404) {
    return new BatchActivationError(`${where}: no such service there`, "correct activation.endpoint");
  }
  if (status >= 500) {
    return new BatchActivationError(
      `${where}: the service is out of order, or it refused the request as a whole`,
      "try again later; if it stays, the protocol may have changed: activate by phone",
      "perhaps",
    );
  }
  return new BatchActivationError(
    where,
    "see that the address is let through by every proxy and firewall on the way from where Pulumi runs",
  );
}
