import { OperationFailure, PartialFailure } from "../errors/failure";
import { createLogger } from "../log/logger";
import { secretsOf } from "../machine/credentials";
import { SessionPool } from "../machine/pool";
import type { SharedMachine } from "../machine/sharedMachines";
import { sshTransport } from "../machine/ssh";
import { Claims, newClaim } from "./claims";
import { type ConfigureRequest, configure, configuredCredentials } from "./configuration";
import { watchEngine } from "./engineWatch";
import type { Operation, OperationContext, ResourceHandler } from "./handler";
import { abortAll, guarded } from "./inflight";
import { encode, isObject, type Props } from "./props";
import { Redactor, secretTexts } from "./redaction";

/** Version of the shape of our outputs, so that a later release can read state written by this one. */
export const STATE_VERSION = 1;

const PROVIDER = "__provider";

/** What the dynamic-provider host calls. */
export interface DynamicProvider {
  configure(request: ConfigureRequest): void;
  check(olds: Props, news: Props): Promise<{ inputs: Props; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Props,
    news: Props,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(news: Props): Promise<{ id: string; outs: Props }>;
  read(id: string, olds: Props): Promise<{ id?: string; props?: Props; inputs?: Props }>;
  update(id: string, olds: Props, news: Props): Promise<{ outs: Props }>;
  delete(id: string, olds: Props): Promise<void>;
}

let shared: SessionPool | undefined;
let watched = false;

function sharedMachineText({ machineId, descriptions }: SharedMachine): string {
  return `one machine (id ${machineId}) is reached as ${descriptions.join(" and as ")}: two declarations may contradict each other there`;
}

/** One pool for the whole process: every resource of a machine shares its session. */
export function sharedPool(): SessionPool {
  shared ??= new SessionPool({
    transport: sshTransport,
    onSharedMachine: (machine) => {
      // Two accounts on one address are one declaration's business; two addresses may be two declarations.
      if (machine.addresses.length > 1) createLogger("volume-activation").warn(sharedMachineText(machine));
    },
  });
  return shared;
}

function startWatching(): void {
  if (watched) return;
  watched = true;
  const end = (why: string, code: number) => {
    abortAll(why);
    const closed = shared?.close() ?? Promise.resolve();
    const last = setTimeout(() => process.exit(code), 4000);
    last.unref();
    void closed.finally(() => process.exit(code));
  };
  void watchEngine(() => end("the Pulumi engine has ended", 1));
}

function withoutProvider(bag: Props): Props {
  const { [PROVIDER]: _, ...rest } = bag;
  return rest;
}

const nameOf = (bag: Props) => (typeof bag["resourceName"] === "string" ? bag["resourceName"] : "?");

/** The last thing the engine sees of an error: a real Error, redacted, without a stack and without a `code`. */
function presentable(error: unknown, redactor: Redactor, type: string, name: string): OperationFailure {
  const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " | ");
  if (error instanceof OperationFailure) return new OperationFailure(oneLine(redactor.redact(error.message)));
  const text = error instanceof Error ? error.message : String(error);
  return new OperationFailure(
    redactor.redact(
      `${type} "${name}": an unexpected error: ${oneLine(text)}. ` +
        "What state the machine is in is not known; the next `pulumi up --refresh` looks again. Please report this.",
    ),
  );
}

export function adapt(handler: ResourceHandler): DynamicProvider {
  const claims = new Claims();
  /** What outputs carry from one operation to the next without a handler's doing. */
  const kept = (olds: Props): Props => (handler.things && olds["claim"] ? { claim: olds["claim"] } : {});
  const claimOf = (outs: Props) => String(outs["claim"] ?? "");
  const noteStanding = (id: string, declared: Props, claim: string) => {
    for (const thing of handler.things?.(id, declared) ?? []) claims.stands(thing, claim);
  };

  /** Runs one operation with its log, its secrets and its guard. */
  async function operate<T>(
    operation: Operation,
    bags: Props[],
    work: (context: OperationContext, redactor: Redactor) => Promise<T>,
    carried: Props = {},
  ): Promise<T> {
    const redactor = new Redactor();
    redactor.add(secretTexts(bags));
    const name = nameOf(bags.at(-1) ?? {});
    try {
      return await guarded(async (signal) => {
        const credentials = configuredCredentials();
        redactor.add(secretsOf(credentials, process.env));
        const context: OperationContext = {
          operation,
          log: createLogger(`${handler.type} ${name}`, redactor.redact),
          signal,
          pool: sharedPool(),
          env: process.env,
          credentials,
          hide: (secrets) => redactor.add(secrets),
        };
        return work(context, redactor);
      });
    } catch (error) {
      if (error instanceof PartialFailure) {
        const failure = presentable(error, redactor, handler.type, name);
        const text = bags.at(-1)?.[PROVIDER];
        noteStanding(error.id, { ...error.outs }, claimOf(carried));
        throw Object.assign(failure, {
          id: error.id,
          reasons: [failure.message],
          // Without its provider text the resource could never be read or deleted again.
          properties: {
            ...encode({ ...error.outs, ...carried, stateVersion: STATE_VERSION }),
            ...(text ? { [PROVIDER]: text } : {}),
          },
        });
      }
      throw presentable(error, redactor, handler.type, name);
    }
  }

  const stored = (outs: object) => encode({ ...outs, stateVersion: STATE_VERSION });

  return {
    configure(request) {
      configure(request);
      startWatching();
    },

    async check(_olds, news) {
      const bag = withoutProvider(news);
      const redactor = new Redactor();
      redactor.add(secretTexts(bag));
      try {
        const { inputs, failures } = handler.check(bag);
        return {
          inputs: encode(inputs),
          failures: failures.map((failure) => ({ ...failure, reason: redactor.redact(failure.reason) })),
        };
      } catch (error) {
        throw presentable(error, redactor, handler.type, nameOf(bag));
      }
    },

    async diff(id, olds, news) {
      const redactor = new Redactor();
      redactor.add(secretTexts([olds, news]));
      try {
        const { changed, replaces, deleteBeforeReplace } = handler.diff(withoutProvider(olds), withoutProvider(news));
        if (!replaces?.length) {
          // The only call that every declaration of a run gets. One that is replaced goes, and stands for nothing any more.
          noteStanding(id, news, claimOf(olds));
          return { changes: changed.length > 0 };
        }
        return { changes: true, replaces, deleteBeforeReplace: deleteBeforeReplace ?? true };
      } catch (error) {
        throw presentable(error, redactor, handler.type, nameOf(news));
      }
    },

    create: (news) => {
      const claim: Props = handler.things ? { claim: newClaim() } : {};
      const work = async (context: OperationContext) => {
        const { id, outs } = await handler.create(context, withoutProvider(news));
        noteStanding(id, { ...outs }, claimOf(claim));
        return { id, outs: stored({ ...outs, ...claim }) };
      };
      return operate("create", [news], work, claim);
    },

    read: (id, olds) =>
      operate("read", [olds], async (context, redactor) => {
        const before = withoutProvider(olds);
        try {
          const seen = await handler.read(context, id, before);
          if (seen === "absent") return {};
          const props = stored({ ...seen.outs, ...kept(before) });
          return { id, props, inputs: handler.inputsOf(props) };
        } catch (error) {
          if (!(error instanceof OperationFailure && error.couldNotLook) || onUnreachable(before) === "fail")
            throw error;
          context.log.warn(`not looked at; what the state says of it is kept. ${redactor.redact(error.message)}`);
          return { id, props: stored({ ...before, lookedAt: false }), inputs: handler.inputsOf(before) };
        }
      }),

    update: (id, olds, news) => {
      const work = async (context: OperationContext) => {
        const { outs } = await handler.update(context, id, withoutProvider(olds), withoutProvider(news));
        return { outs: stored({ ...outs, ...kept(olds) }) };
      };
      return operate("update", [olds, news], work, kept(olds));
    },

    delete: (id, olds) =>
      operate("delete", [olds], async (context) => {
        const isAnothers = (thing: string) => claims.isAnothers(thing, claimOf(olds));
        const things = handler.things?.(id, olds) ?? [];
        if (things.length > 0 && things.every(isAnothers)) {
          context.log.info("everything stays as it is: another declaration stands for it now");
          return;
        }
        await handler.delete({ ...context, isAnothers }, id, withoutProvider(olds));
      }),
  };
}

/** What `read` does when it cannot look; the environment's word wins over the resource's. */
export function onUnreachable(outs: Props, env: NodeJS.ProcessEnv = process.env): "fail" | "keep" {
  const override = env["VOLUME_ACTIVATION_ON_UNREACHABLE"];
  if (override === "fail" || override === "keep") return override;
  // An SrvRecord's connection, where it has one, stands in its auth.
  const connection = outs["connection"] ?? (isObject(outs["auth"]) ? outs["auth"]["connection"] : undefined);
  return isObject(connection) && connection["onUnreachable"] === "keep" ? "keep" : "fail";
}
