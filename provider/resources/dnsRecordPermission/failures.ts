import { DirectoryError } from "../../directory/errors";
import { failureText, OperationFailure } from "../../errors/failure";
import { DeadlineError } from "../../machine/deadline";
import { AgentFailure } from "../../machine/session";
import { explain } from "../shared/explain";
import type { PermissionObservation } from "./observe";
import type { PermissionPlan } from "./plan";
import { type DnsRecordPermissionInputs, fqdnOf } from "./schema";

export interface Where {
  /** 'DnsRecordPermission "kms"'. */
  resource: string;
  /** Who answers. */
  machine: string;
}

const NOTHING = "Nothing was changed.";
const ACCESS_DENIED = "0x80070005";

/** What was answered and what to do; what is no news of a directory goes through as it is. */
export function explainDirectory(error: unknown): { answered: string; next: string } {
  if (error instanceof DirectoryError) return { answered: error.message, next: error.remedy };
  if (error instanceof DeadlineError) {
    return { answered: `it took longer than ${error.seconds} s`, next: "look at the domain controller's load" };
  }
  if (error instanceof AgentFailure && error.error.code === ACCESS_DENIED) {
    return {
      answered: `Windows answered ${ACCESS_DENIED} (access denied): the account of the session has not the right to do this in the directory`,
      next:
        "log in with an account that may change the permissions of the record: a member of DnsAdmins or Domain Admins, or one to " +
        "which they were delegated; on a machine that is no domain controller, by password and not by key",
    };
  }
  if (error instanceof AgentFailure && error.error.kind === "notSupported") {
    return {
      answered: `the machine cannot ask the directory: ${error.error.message}`,
      next: 'give a domain controller, or another machine of the domain, in "connection"',
    };
  }
  return explain(error);
}

/** The plan as an administrator would type it. */
export function planText(dn: string, who: string, { remove, add }: PermissionPlan): string[] {
  return [
    ...(remove === undefined ? [] : [`dsacls "${dn}": without ${remove}`]),
    ...(add === undefined ? [] : [`dsacls "${dn}" /G "${who}:${/;CCDC[A-Z]*WO;/.test(add) ? "GA" : "GRGW"}"`]),
  ];
}

export function lookFailed(where: Where, error: unknown): OperationFailure {
  const doing = "looking at the record's permissions in Active Directory";
  const state = "Nothing was changed, and what they are is not known.";
  return new OperationFailure(failureText({ ...where, doing, ...explainDirectory(error), state }), true);
}

export function noNode(where: Where, wanted: DnsRecordPermissionInputs, { zoneDn }: PermissionObservation) {
  const fqdn = fqdnOf(wanted);
  return new OperationFailure(
    failureText({
      ...where,
      doing: `looking for the records' object of ${fqdn}`,
      answered: `the zone ${zoneDn} has no object "${wanted.name}": nobody has written a record of that name, or it was removed for good`,
      state: NOTHING,
      next: "create the SRV record first, and let this resource depend on it (dependsOn: a SrvRecord, or the KmsHost that publishes itself)",
    }),
  );
}

export function writeFailed(where: Where, doing: string, error: unknown, state: string): string {
  return failureText({ ...where, doing, ...explainDirectory(error), state });
}

export function racing(where: Where, doing: string, attempts: number): OperationFailure {
  return new OperationFailure(
    failureText({
      ...where,
      doing,
      answered: `the permissions were never what had been read a moment before, in ${attempts} attempts`,
      state: NOTHING,
      next: "look for another program that changes them all the time, then run it again",
    }),
  );
}

/** The write was accepted, and the look afterwards says otherwise. */
export function notDone(where: Where, doing: string, seen: PermissionObservation, entries: readonly string[]): string {
  const who = seen.account.name ?? seen.account.sid;
  return failureText({
    ...where,
    doing,
    answered: seen.node
      ? `the directory took the change, but the entries of ${who} read ${entries.join(", ") || "none"}`
      : "the directory took the change, but the records' object is gone",
    state: "Entries of other accounts were not touched.",
    next: "see whether another program or an administrator takes them away, then run `pulumi up --refresh` again",
  });
}
