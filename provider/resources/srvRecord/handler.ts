import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { DnsNetwork, srvText } from "../../dns/index";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import { Claims } from "../shared/claims";
import { resourceText } from "../shared/onMachine";
import { changeFailed, notDone, racing, records, refused, strangersStay } from "./failures";
import { onSet } from "./onSet";
import { declaredInputs, diffSrv, type SrvRecordOutputs, srvInputsOf, srvOutputs, unseenOutputs } from "./outputs";
import { isEmpty, mineOf, planSrv, type SrvPlan, type Stance, sameData, ttlChangedOf } from "./plan";
import { checkSrvRecord, fqdnOf, type SrvRecordInputs } from "./schema";
import { ChangeError, type SeenRecord, type SeenSet, type SrvTurn } from "./turn";
import { serves, waitFailed, waitForServers } from "./waiting";

/** Attempts at one change while others change the same set. */
const MOST_ATTEMPTS = 6;
/** Attempts at one change whose answer does not come. */
const MOST_UNANSWERED = 3;
/** Milliseconds before the next attempt, times a random number up to the attempt's. */
const PAUSE_MS = 40;

const inputs = (bag: Props) => bag as unknown as SrvRecordInputs;
const idOf = (wanted: SrvRecordInputs) => `${fqdnOf(wanted)}/${wanted.target}`;

interface History {
  claim: string;
  /** In the state already: a failure leaves it there. */
  recorded: boolean;
}

/** A change that was sent, and the set as it was before it. */
interface Change {
  plan: SrvPlan;
  before: SeenSet;
}

/** Reads, plans, changes, reads again, until the set is as declared or the reason is known why not. */
async function converge(
  context: OperationContext,
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  history: History,
): Promise<SrvRecordOutputs> {
  const outputs = (set: SeenSet) => srvOutputs(set, wanted, turn.server, history.claim);
  const partial = (message: string, outs: SrvRecordOutputs) => new PartialFailure(message, idOf(wanted), outs);
  const partly = (message: string, seen: SeenSet) => partial(message, outputs(seen));
  const unseen = (message: string) => partial(message, unseenOutputs(wanted, turn.server, history.claim));
  /** What the server said it has done, or may have done. */
  let done: Change | undefined;
  let maybeDone: Change | undefined;
  let verified = true;
  const stanceAt = (set: SeenSet): Stance => {
    const isDone = done || (maybeDone && mineOf(set, wanted).some((record) => sameData(record, wanted)));
    return history.recorded || isDone ? "own" : "create";
  };

  for (let attempt = 1; ; attempt++) {
    const set = await turn.look().catch((error: unknown) => {
      if (!(done || maybeDone) || !(error instanceof OperationFailure)) throw error;
      throw unseen(error.message.replace("Nothing was changed, and what", "An update was sent, and what"));
    });
    const planned = planSrv(set, wanted, stanceAt(set));
    if (!planned.ok) {
      if (done && mineOf(set, wanted).length === 0)
        throw new OperationFailure(notDone(turn, wanted, done.plan, set, verified));
      throw refused(turn, wanted, set, planned);
    }
    const { plan } = planned;
    if (isEmpty(plan)) {
      sayOutcome(context, turn, wanted, set, plan.takesOver, done ?? maybeDone);
      if (done && !verified) {
        context.log.info(
          "the server's answer could not be verified (Samba and Windows sign so); read back: it was done",
        );
      }
      return outputs(set);
    }
    if (done) {
      const message = notDone(turn, wanted, done.plan, set, verified);
      throw mineOf(set, wanted).length > 0 || history.recorded ? partly(message, set) : new OperationFailure(message);
    }
    if (!maybeDone) announce(context, turn, plan);
    try {
      ({ verified } = await turn.send(set, plan));
      done = { plan, before: set };
    } catch (error) {
      if (!(error instanceof ChangeError)) throw error;
      if (error.outcome === "raced") {
        if (attempt >= MOST_ATTEMPTS) throw new OperationFailure(racing(turn, plan, attempt));
        context.log.debug(`${error.message}; the set changed meanwhile; reading it again`);
      } else if (error.outcome === "unanswered" && attempt < MOST_UNANSWERED) {
        context.log.debug(`${error.message}; reading the set again`);
        maybeDone = { plan, before: set };
      } else if (error.outcome === "lost") {
        throw unseen(changeFailed(turn, plan, error, "How far it came is not known."));
      } else throw await failed(turn, wanted, { plan, before: set }, error, history, { partly, unseen });
      // Cut short by the end of the operation, which the next look tells.
      await sleep(Math.random() * PAUSE_MS * attempt, undefined, { signal: turn.signal }).catch(() => {});
    }
  }
}

/** The failure of a change that was refused, or whose answer leaves open what was done: then a look says what came of it. */
async function failed(
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  { plan, before }: Change,
  error: ChangeError,
  history: History,
  recorded: {
    partly: (message: string, after: SeenSet) => PartialFailure;
    unseen: (message: string) => PartialFailure;
  },
): Promise<OperationFailure> {
  const message = (state: string) => changeFailed(turn, plan, error, state);
  if (error.outcome === "refused") return new OperationFailure(message("Nothing was changed."));
  const after = await turn.look().catch(() => undefined);
  if (!after) return recorded.unseen(message("Whether it was done is not known."));
  const planned = planSrv(after, wanted, "own");
  if (planned.ok && isEmpty(planned.plan)) {
    return recorded.partly(message("Read back: it was done all the same."), after);
  }
  const [was, is] = [before, after].map((set) => records(mineOf(set, wanted)));
  if (was === is) return new OperationFailure(message("Read back: it was not done."));
  const inPart = message(`Read back: it was done in part; of this target there is now: ${is || "nothing"}.`);
  return is || history.recorded ? recorded.partly(inPart, after) : new OperationFailure(inPart);
}

function announce(context: OperationContext, turn: SrvTurn, plan: SrvPlan): void {
  const { takesOver, add } = plan;
  if (takesOver && add && takesOver.ttl !== add.ttl) {
    context.log.info(`takes over the record that is there: its TTL ${takesOver.ttl} becomes ${add.ttl}`);
  }
  if (takesOver?.dynamic) {
    context.log.info(
      "takes over the record that is there: it is dynamic, so that Windows may remove it once nobody updates it, and becomes static",
    );
  }
  for (const line of turn.texts(plan)) context.log.info(line);
}

/** What a set that is as declared tells besides: a record that was so already, or others that a change of ours changed. */
function sayOutcome(
  { log }: OperationContext,
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  set: SeenSet,
  takesOver: SeenRecord | undefined,
  change: Change | undefined,
): void {
  if (takesOver && !change) {
    log.info(`takes over the record that is there: ${turn.fqdn} ${takesOver.ttl} SRV ${srvText(takesOver)}`);
  }
  const ttl = change?.plan.add?.ttl;
  const changed = change && ttl !== undefined ? ttlChangedOf(change.before, set, wanted, ttl) : [];
  if (changed.length > 0) {
    const have = changed.length > 1 ? "have" : "has";
    log.info(`this server keeps one TTL for a set: ${changed.map(srvText).join("; ")} ${have} ${ttl} s now too`);
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
  const claims = new Claims();

  /** Create and update: the set as declared, then the servers that are to serve it, then strangers where none may be. */
  const apply = async (context: OperationContext, bag: Props, history: History): Promise<SrvRecordOutputs> => {
    const wanted = inputs(bag);
    const { outs, strangers } = await onSet(network, context, bag, wanted, async (turn) => {
      const outs = sayFindings(context, await converge(context, turn, wanted, history));
      const stay = wanted.onStranger === "fail" && outs.strangers.length > 0;
      return { outs, strangers: stay ? strangersStay(turn, outs.strangers) : undefined };
    });
    await waited(network, context, bag, outs);
    if (strangers) throw new PartialFailure(strangers, idOf(wanted), outs);
    return outs;
  };

  return {
    type: "SrvRecord",
    inputsOf: srvInputsOf,
    check: checkSrvRecord,
    diff: (outs, wanted) => {
      const { changed, replaces } = diffSrv(outs, wanted);
      // The only call that every declaration of a run gets.
      if (replaces.length === 0 && wanted["ensure"] === "present") {
        claims.stands(idOf(inputs(wanted)), String(outs["claim"] ?? ""));
      }
      return { changed, replaces, deleteBeforeReplace: false };
    },

    create: async (context, bag) => {
      const id = idOf(inputs(bag));
      const claim = randomUUID();
      const outs = await apply(context, bag, { claim, recorded: false }).catch((error: unknown) => {
        if (error instanceof PartialFailure) claims.stands(id, claim);
        throw error;
      });
      claims.stands(id, claim);
      return { id, outs };
    },

    read: async (context, _id, outs) => {
      const wanted = declaredInputs(outs);
      return onSet(network, context, outs, wanted, async (turn) => {
        const set = await turn.look();
        if (wanted.ensure === "present" && mineOf(set, wanted).length === 0) return "absent";
        const seen = srvOutputs(set, wanted, turn.server, String(outs["claim"] ?? ""));
        const owed = await stillOwed(network, turn, wanted, outs["waitOwed"]);
        return { outs: sayFindings(context, owed.length > 0 ? { ...seen, waitOwed: owed } : seen) };
      });
    },

    update: async (context, _id, outs, bag) => ({
      outs: await apply(context, bag, { claim: String(outs["claim"] ?? ""), recorded: true }),
    }),

    delete: async (context, id, outs) => {
      const wanted = declaredInputs(outs);
      if (wanted.ensure === "absent") return;
      const claim = String(outs["claim"] ?? "");
      if (claims.isAnothers(id, claim)) {
        context.log.info(`${fqdnOf(wanted)} SRV ${srvText(wanted)} stays: another declaration stands for it now`);
        return;
      }
      const gone: SrvRecordInputs = { ...wanted, ensure: "absent" };
      await onSet(network, context, outs, gone, (turn) => converge(context, turn, gone, { claim, recorded: true }));
    },
  };
}

export const srvRecordHandler = makeSrvRecordHandler(new DnsNetwork());
