import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { DescriptorChanged, DirectoryError } from "../../directory/errors";
import type { Acl } from "../../directory/security/descriptor";
import { descriptorBytes } from "../../directory/security/descriptor";
import { MalformedSecurity } from "../../directory/security/malformed";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import { DeadlineError } from "../../machine/deadline";
import { SessionError } from "../../machine/session";
import { lookFailed, noNode, notDone, planText, racing, writeFailed } from "./failures";
import { observe, observeNode, type PermissionObservation, type SeenNode } from "./observe";
import {
  type DnsRecordPermissionOutputs,
  declaredInputs,
  diffPermission,
  type Memory,
  memoryOf,
  permissionInputsOf,
  permissionOutputs,
} from "./outputs";
import { planPermission, planRemoval, settled } from "./plan";
import { atDirectory, type DirectoryTurn } from "./reach";
import { checkDnsRecordPermission, type DnsRecordPermissionInputs, fqdnOf } from "./schema";

/** Attempts at one change while others change the same list. */
const MOST_ATTEMPTS = 5;
/** Milliseconds before the next attempt, times a random number up to the attempt's. */
const PAUSE_MS = 100;

const inputs = (bag: Props) => bag as unknown as DnsRecordPermissionInputs;
const idOf = (wanted: DnsRecordPermissionInputs) => `${fqdnOf(wanted)}/${wanted.account}`;

/** A cancelled operation ends with its own reason; one whose time ran out could not look. */
const looking = <T>(turn: DirectoryTurn, look: Promise<T>): Promise<T> =>
  look.catch((error: unknown) => {
    const { aborted, reason } = turn.signal;
    throw aborted && !(reason instanceof DeadlineError) ? error : lookFailed(turn, error);
  });

/** Writes only if the descriptor still is what was read; false where it is not. */
async function write(turn: DirectoryTurn, { dn, bytes, descriptor }: SeenNode, dacl: Acl): Promise<boolean> {
  try {
    await turn.directory.writeRights(dn, bytes, descriptorBytes({ ...descriptor, dacl }));
    return true;
  } catch (error) {
    if (error instanceof DescriptorChanged) return false;
    if (!(error instanceof MalformedSecurity)) throw error;
    throw new DirectoryError(
      "answer",
      `the list cannot be written: ${error.message}`,
      "remove entries that are not needed from it",
    );
  }
}

const pause = (attempt: number, signal: AbortSignal) =>
  sleep(Math.random() * PAUSE_MS * attempt, undefined, { signal }).catch(() => {});

/** What was sent may have been done all the same. */
const uncertain = (error: unknown): boolean =>
  error instanceof DirectoryError
    ? error.outcomeUnknown
    : error instanceof SessionError || error instanceof DeadlineError;

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
async function converge(
  context: OperationContext,
  turn: DirectoryTurn,
  wanted: DnsRecordPermissionInputs,
  before: Memory,
  recorded: boolean,
): Promise<DnsRecordPermissionOutputs> {
  const { claim } = before;
  const outputs = (seen: PermissionObservation, memory: Memory) =>
    permissionOutputs(seen, wanted, turn.machine, memory);
  for (let attempt = 1; ; attempt++) {
    const seen = await looking(turn, observe(turn.directory, wanted));
    const { node, account } = seen;
    if (!node) throw noNode(turn, wanted, seen);
    const own = settled(before, node.descriptor.dacl).added;
    const plan = planPermission(seen, wanted.rights, own);
    if (!plan.dacl) {
      if (!recorded && plan.ours === undefined)
        context.log.info(`${account.name ?? account.sid} has these rights already; nothing was added`);
      return outputs(seen, { claim, added: plan.ours });
    }
    const lines = planText(node.dn, account.name ?? account.sid, plan);
    const doing = `changing the permissions of the record (${lines.join("; ")})`;
    const memory: Memory = { claim, added: plan.ours };
    try {
      if (!(await write(turn, node, plan.dacl))) {
        if (attempt >= MOST_ATTEMPTS) throw racing(turn, doing, attempt);
        context.log.debug("the permissions changed meanwhile; reading them again");
        await pause(attempt, turn.signal);
        continue;
      }
    } catch (error) {
      if (error instanceof OperationFailure) throw error;
      if (!uncertain(error)) throw new OperationFailure(writeFailed(turn, doing, error, "Nothing was changed."));
      const message = writeFailed(turn, doing, error, "Whether it was done is not known.");
      const unsure: Memory = { ...memory, ...(plan.remove === undefined ? {} : { replacing: plan.remove }) };
      throw new PartialFailure(message, idOf(wanted), { ...outputs(seen, unsure), lookedAt: false });
    }
    for (const line of lines) context.log.info(line);
    const after = await looking(turn, observe(turn.directory, wanted)).catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error;
      throw new PartialFailure(error.message, idOf(wanted), { ...outputs(seen, memory), lookedAt: false });
    });
    const outs = outputs(after, memory);
    if (!after.node || planPermission(after, wanted.rights, memory.added).dacl) {
      throw new PartialFailure(notDone(turn, doing, after, outs.entries), idOf(wanted), outs);
    }
    return outs;
  }
}

/** Takes the entry away that was added here, if it still is there; nothing else. */
async function restore(
  context: OperationContext,
  turn: DirectoryTurn,
  wanted: DnsRecordPermissionInputs,
  memory: Memory,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await looking(turn, observeNode(turn.directory, wanted));
    const { added } = settled(memory, node?.descriptor.dacl);
    const dacl = node && added !== undefined ? planRemoval(node.descriptor, added) : undefined;
    if (!node || !dacl) {
      const why = node ? "it was changed or removed by somebody else since" : "the records' object is gone";
      context.log.info(`the entry that was added is not there (${why}); nothing was changed`);
      return;
    }
    const [line = ""] = planText(node.dn, wanted.account, { dacl, remove: added, add: undefined, ours: undefined });
    const doing = `taking our entry out of the permissions of the record (${line})`;
    try {
      if (await write(turn, node, dacl)) {
        context.log.info(line);
        return;
      }
    } catch (error) {
      const state = uncertain(error) ? "Whether it was done is not known." : "Nothing was changed.";
      throw new OperationFailure(writeFailed(turn, doing, error, state));
    }
    if (attempt >= MOST_ATTEMPTS) throw racing(turn, doing, attempt);
    await pause(attempt, turn.signal);
  }
}

function saying<Outs extends { findings: string[] }>(context: OperationContext, outs: Outs): Outs {
  for (const finding of outs.findings) context.log.warn(finding);
  return outs;
}

/**
 * The declaration that stands for each account's rights on a name, as far as this process knows: made here, or found to
 * stand by a diff, since the delete may come in a later run than the create. A resource that got a new name is created
 * anew before the old declaration is deleted: an entry that the new one relies on must stay.
 */
const claims = new Map<string, Memory>();
const subjectOf = (wanted: DnsRecordPermissionInputs, sid: unknown) => `${fqdnOf(wanted)}/${sid}`;
const noteStanding = (outs: Props) => claims.set(subjectOf(declaredInputs(outs), outs["accountSid"]), memoryOf(outs));

export const dnsRecordPermissionHandler: ResourceHandler = {
  type: "DnsRecordPermission",
  inputsOf: permissionInputsOf,
  check: checkDnsRecordPermission,
  diff: (outs, wanted) => {
    const difference = diffPermission(outs, wanted);
    if (!difference.replaces?.length) noteStanding(outs);
    return difference;
  },

  create: async (context, bag) => {
    const wanted = inputs(bag);
    const id = idOf(wanted);
    const memory: Memory = { claim: randomUUID(), added: undefined };
    const made = atDirectory(context, bag, wanted, (turn) => converge(context, turn, wanted, memory, false));
    const outs = await made.catch((error: unknown) => {
      if (error instanceof PartialFailure) noteStanding(error.outs as unknown as Props);
      throw error;
    });
    noteStanding(outs as unknown as Props);
    return { id, outs: saying(context, outs) };
  },

  read: (context, _id, outs) => {
    const wanted = declaredInputs(outs);
    return atDirectory(context, outs, wanted, async (turn) => {
      const seen = await looking(turn, observe(turn.directory, wanted));
      const before = memoryOf(outs);
      const memory: Memory = { claim: before.claim, ...settled(before, seen.node?.descriptor.dacl) };
      return { outs: saying(context, permissionOutputs(seen, wanted, turn.machine, memory)) };
    });
  },

  update: (context, _id, outs, bag) => {
    const wanted = inputs(bag);
    return atDirectory(context, bag, wanted, async (turn) => ({
      outs: saying(context, await converge(context, turn, wanted, memoryOf(outs), true)),
    }));
  },

  delete: async (context, _id, outs) => {
    const wanted = declaredInputs(outs);
    const memory = memoryOf(outs);
    const ours = memory.added ?? memory.replacing;
    if (wanted.onDelete === "retain" || ours === undefined) return;
    const last = claims.get(subjectOf(wanted, outs["accountSid"]));
    if (last && last.claim !== memory.claim && (last.added === undefined || last.added === ours)) {
      context.log.info(`${ours} stays: another declaration stands for it now, and found it there`);
      return;
    }
    await atDirectory(context, outs, wanted, (turn) => restore(context, turn, wanted, memory));
  },
};
