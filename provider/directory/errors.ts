/**
 * What went wrong between us and a directory:
 * - `unreachable`: no address, no connection. `timeout`: no answer in time. `lost`: the connection ended before the answer.
 * - `certificate`: who answers could not be proved. `login`: it does not take the account. `equipment`: a secret is missing here.
 * - `refused`: the account has not the right. `answer`: any other refusal of the directory.
 * - `noZone`: no such zone is kept in the directory. `account`: no such account, or more than one.
 * - `malformed`: what it answered cannot be read.
 */
export type DirectoryErrorKind =
  | "unreachable"
  | "timeout"
  | "lost"
  | "certificate"
  | "login"
  | "equipment"
  | "refused"
  | "answer"
  | "noZone"
  | "account"
  | "malformed";

export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
  constructor(
    readonly kind: DirectoryErrorKind,
    message: string,
    /** What to do about it. */
    readonly remedy: string,
  ) {
    super(message);
  }
  /** True when a change that was sent may have been done all the same. */
  get outcomeUnknown(): boolean {
    return this.kind === "timeout" || this.kind === "lost";
  }
}

/** The descriptor is not (any more) what was read before: nothing was written. */
export class DescriptorChanged extends Error {
  override readonly name = "DescriptorChanged";
}
