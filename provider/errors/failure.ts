/**
 * The house form of every failed operation: what was being done, on which machine, what was answered (code and
 * meaning), what state it is in now, what to do next.
 */
export interface FailureParts {
  /** 'KmsHost "kms01"'. */
  resource: string;
  /** "KMS01 (ssh admin@10.0.0.5:22)"; empty when no machine was involved. */
  machine?: string;
  /** What was being done, like "installing the host key ...ABCDE (slmgr /ipk)". */
  doing: string;
  /** What was answered, with code and meaning. */
  answered: string;
  /** What state the machine is in now, like "Nothing was changed." */
  state: string;
  /** What to do next. */
  next: string;
}

const sentence = (text: string) => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

export function failureText(parts: FailureParts): string {
  const where = parts.machine ? ` on ${parts.machine}` : "";
  return (
    `${parts.resource}${where}: ${parts.doing} failed: ${sentence(parts.answered)} ` +
    `${sentence(parts.state)} Next: ${sentence(parts.next)}`
  );
}

/**
 * What the engine and the user get to see. It has no stack and no numeric `code`: the dynamic-provider host prints
 * `${error}: ${error.stack}` and turns a numeric `code` into a gRPC status.
 */
export class OperationFailure extends Error {
  override readonly name: string = "OperationFailure";
  constructor(
    message: string,
    /** True when the machine could not be looked at (no connection, no login, no agent), so nothing is known of it. */
    readonly couldNotLook = false,
  ) {
    super(message);
    this.stack = "its own message says why";
  }
  override toString(): string {
    return "A volume activation operation failed";
  }
}

/** A failure after the first write: the resource is recorded with what was seen, and why it stopped. */
export class PartialFailure extends OperationFailure {
  override readonly name = "PartialFailure";
  constructor(
    message: string,
    readonly id: string,
    readonly outs: object,
  ) {
    super(message);
  }
}
