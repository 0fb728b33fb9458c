import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { DnsError, DnsNetwork, RcodeError, type SrvSet, srvText } from "../../dns/index";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import { resourceText } from "../shared/onMachine";
import { lookFailed, notDone, racing, refused, strangersStay, updateFailed } from "./failures";
import { declaredInputs, diffSrv, type SrvRecordOutputs, srvInputsOf, srvOutputs, unseenOutputs } from "./outputs";
import { changeOf, isEmpty, mineOf, planSrv, planText, type SrvPlan, type Stance } from "./plan";
import { checkSrvRecord, fqdnOf, type SrvRecordInputs } from "./schema";
import { isCancelled, lookAt, onServer, type SrvTurn } from "./server";
import { serves, waitFailed, waitForServers } from "./waiting";

/** Attempts at one change while others change the same set. */
const MOST_ATTEMPTS = 6;
/** Milliseconds before the next attempt, times a random number up to the attempt's. */
const PAUSE_MS = 40;

const inputs = (bag: Props) => bag as unknown as SrvRecordInputs;
const idOf = (wanted: SrvRecordInputs) => `${fqdnOf(wanted)}/${wanted.target}`;

interface History {
  claim: string;
  /** In the state already: a failure leaves it there. */
  recorded: boolean;
}

async function look(turn: SrvTurn): Promise<SrvSet> {
  try {
    return await lookAt(turn);
  } catch (error) {
    if (isCancelled(error, turn.signal)) throw error;
    throw lookFailed(turn, error);
  }
}

/** Reads, plans, changes in one UPDATE, reads again, until the set is as declared or the reason is known why not. */
async function converge(
  context: OperationContext,
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  history: History,
): Promise<SrvRecordOutputs> {
  const outputs = (set: SrvSet) => srvOutputs(set, wanted, turn.client.where, history.claim);
  const partial = (message: string, outs: SrvRecordOutputs) => new PartialFailure(message, idOf(wanted), outs);
  let stance: Stance = history.recorded ? "own" : "create";
  /** The plan that the server said it has done, or may have done. */
  let done: SrvPlan | undefined;
  let maybeDone: SrvPlan | undefined;
  let verified = true;

  for (let attempt = 1; ; attempt++) {
    const set = await look(turn).catch((error: unknown) => {
      if (!(done || maybeDone) || !(error instanceof OperationFailure)) throw error;
      throw partial(error.message.replace("Nothing was changed, and what", "An update was sent, and what"), {
        ...unseenOutputs(wanted, turn.client.where, history.claim),
      });
    });
    const planned = planSrv(set, wanted, stance);
    if (!planned.ok) {
      if (done && mineOf(set, wanted).length === 0)
        throw new OperationFailure(notDone(turn, wanted, done, set, verified));
      throw refused(turn, wanted, set, planned);
    }
    const { plan } = planned;
    if (isEmpty(plan)) {
      if (plan.takesOver && !maybeDone && !done) {
        context.log.info(
          `takes over the record that is there: ${fqdnOf(wanted)} ${plan.takesOver.ttl} SRV ${srvText(plan.takesOver)}`,
        );
      }
      if (done && !verified) {
        context.log.info(
          "the server's answer could not be verified (Samba and Windows sign so); read back: it was done",
        );
      }
      return outputs(set);
    }
    if (done) {
      const message = notDone(turn, wanted, done, set, verified);
      throw mineOf(set, wanted).length > 0 || history.recorded
        ? partial(message, outputs(set))
        : new OperationFailure(message);
    }
    if (!maybeDone) announce(context, plan, wanted);
    try {
      ({ verified } = await turn.send(changeOf(set, plan, wanted)));
      done = plan;
      stance = "own";
    } catch (error) {
      if (isCancelled(error, turn.signal)) throw error;
      const raced = error instanceof RcodeError && (error.name === "NXRRSET" || error.name === "YXRRSET");
      if (raced && attempt >= MOST_ATTEMPTS) throw new OperationFailure(racing(turn, wanted, plan, attempt));
      if (raced) {
        context.log.debug(`${error.name}: the set changed meanwhile; reading it again`);
      } else if (error instanceof DnsError && error.outcomeUnknown && error.kind !== "unverified" && attempt < 3) {
        context.log.debug(`${error.message}; reading the set again`);
        maybeDone = plan;
        stance = "own";
      } else throw await failed(turn, wanted, plan, error, outputs, partial);
      // Cut short by the end of the operation, which the next look tells.
      await sleep(Math.random() * PAUSE_MS * attempt, undefined, { signal: turn.signal }).catch(() => {});
    }
  }
}

/** The failure of an update that was refused, or whose answer cannot be trusted: then a look says what came of it. */
async function failed(
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  plan: SrvPlan,
  error: unknown,
  outputs: (set: SrvSet) => SrvRecordOutputs,
  partial: (message: string, outs: SrvRecordOutputs) => PartialFailure,
): Promise<OperationFailure> {
  const uncertain = !(error instanceof DnsError) || error.outcomeUnknown || error.kind === "unsigned";
  if (!uncertain) return new OperationFailure(updateFailed(turn, wanted, plan, error, "Nothing was changed."));
  const after = await lookAt(turn).catch(() => undefined);
  if (!after) {
    return new OperationFailure(updateFailed(turn, wanted, plan, error, "Whether it was done is not known."));
  }
  const planned = planSrv(after, wanted, "own");
  if (!planned.ok || !isEmpty(planned.plan)) {
    return new OperationFailure(updateFailed(turn, wanted, plan, error, "Read back: it was not done."));
  }
  return partial(updateFailed(turn, wanted, plan, error, "Read back: it was done all the same."), outputs(after));
}

function announce(context: OperationContext, plan: SrvPlan, wanted: SrvRecordInputs): void {
  if (plan.takesOver && plan.add) {
    context.log.info(`takes over the record that is there: its TTL ${plan.takesOver.ttl} becomes ${plan.add.ttl}`);
  }
  for (const line of planText(plan, wanted)) context.log.info(line);
  if (plan.add && plan.ttlAlsoOf.length > 0) {
    context.log.info(
      `a set has one TTL: ${plan.ttlAlsoOf.map(srvText).join("; ")} get${plan.ttlAlsoOf.length > 1 ? "" : "s"} ${plan.add.ttl} s too`,
    );
  }
}

function sayFindings<Outs extends SrvRecordOutputs>(context: OperationContext, outs: Outs): Outs {
  for (const finding of outs.findings) context.log.warn(finding);
  return outs;
}

/** The servers of `waitFor` serve it, or the resource is recorded with the wait still owed. */
async function waited(
  network: DnsNetwork,
  context: OperationContext,
  bag: Props,
  outs: SrvRecordOutputs,
): Promise<void> {
  const wanted = inputs(bag);
  const late = await waitForServers(network, context, wanted);
  if (late.length === 0) return;
  const message = waitFailed(resourceText("SrvRecord", bag), wanted, late);
  throw new PartialFailure(message, idOf(wanted), { ...outs, waitOwed: late.map(({ server }) => server) });
}

/** Of the servers that were late, those that still do not serve it: one look at each. */
async function stillOwed(
  network: DnsNetwork,
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  owed: unknown,
): Promise<string[]> {
  const servers = Array.isArray(owed) ? owed.map(String) : [];
  const looks = await Promise.all(servers.map((server) => serves(network, wanted, server, turn.signal)));
  return servers.filter((_, index) => looks[index] !== true);
}

/** The handler on this network; `network` is what its connections and turns are shared through. */
export function makeSrvRecordHandler(network: DnsNetwork): ResourceHandler {
  /**
   * The last claim of each record that this process made. A replacement by force, or a resource that got a new name,
   * creates anew and then deletes the old declaration: of the same record, which must stay.
   */
  const claims = new Map<string, string>();

  return {
    type: "SrvRecord",
    inputsOf: srvInputsOf,
    check: checkSrvRecord,
    diff: (outs, wanted) => ({ ...diffSrv(outs, wanted), deleteBeforeReplace: false }),

    create: async (context, bag) => {
      const wanted = inputs(bag);
      const id = idOf(wanted);
      const claim = randomUUID();
      const outs = await onServer(network, context, bag, wanted, (turn) =>
        converge(context, turn, wanted, { claim, recorded: false }),
      );
      claims.set(id, claim);
      sayFindings(context, outs);
      await waited(network, context, bag, outs);
      return { id, outs };
    },

    read: async (context, _id, outs) => {
      const wanted = declaredInputs(outs);
      return onServer(network, context, outs, wanted, async (turn) => {
        const set = await look(turn);
        if (wanted.ensure === "present" && mineOf(set, wanted).length === 0) return "absent";
        const seen = srvOutputs(set, wanted, turn.client.where, String(outs["claim"] ?? ""));
        const owed = await stillOwed(network, turn, wanted, outs["waitOwed"]);
        return { outs: sayFindings(context, owed.length > 0 ? { ...seen, waitOwed: owed } : seen) };
      });
    },

    update: async (context, id, outs, bag) => {
      const wanted = inputs(bag);
      const claim = String(outs["claim"] ?? "");
      const seen = await onServer(network, context, bag, wanted, async (turn) => {
        const seen = sayFindings(context, await converge(context, turn, wanted, { claim, recorded: true }));
        if (wanted.onStranger === "fail" && seen.strangers.length > 0) {
          throw new PartialFailure(strangersStay(turn, seen.strangers), id, seen);
        }
        return seen;
      });
      await waited(network, context, bag, seen);
      return { outs: seen };
    },

    delete: async (context, id, outs) => {
      const wanted = declaredInputs(outs);
      if (wanted.ensure === "absent") return;
      const claim = String(outs["claim"] ?? "");
      const last = claims.get(id);
      if (last !== undefined && last !== claim) {
        context.log.info(`${fqdnOf(wanted)} SRV ${srvText(wanted)} stays: another declaration stands for it now`);
        return;
      }
      const gone: SrvRecordInputs = { ...wanted, ensure: "absent" };
      await onServer(network, context, outs, gone, (turn) => converge(context, turn, gone, { claim, recorded: true }));
    },
  };
}

export const srvRecordHandler = makeSrvRecordHandler(new DnsNetwork());
