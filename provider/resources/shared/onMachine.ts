import type { OperationContext } from "../../adapter/handler";
import { isObject, type Props } from "../../adapter/props";
import { type FailureParts, failureText, OperationFailure } from "../../errors/failure";
import { resolveConnection, secretsOf } from "../../machine/credentials";
import { type MachineSession, SessionError } from "../../machine/session";
import { ConnectError } from "../../machine/transport";
import { connectionOf } from "./connectionSchema";
import { cannotLook, explain } from "./explain";

/** Seconds that one create, update, read or delete may take, from when the machine's turn comes. */
const OPERATION_SECONDS = 600;

export interface MachineFacts {
  id: string;
  /** Computer name. */
  name: string;
  /** Windows' own name without its maker, like "Windows Server 2022 Datacenter". */
  windows: string;
  /** Like "10.0.20348". */
  version: string;
  language: string;
}

export interface Turn {
  session: MachineSession;
  /** 'KmsHost "kms01"'. */
  resource: string;
  machine: MachineFacts;
}

export const resourceText = (type: string, bag: Props) => `${type} "${String(bag["resourceName"] ?? "?")}"`;

/** Of an operation that failed while its machine was open. */
export const textOn = ({ resource, session }: Turn, parts: Omit<FailureParts, "resource" | "machine">) =>
  failureText({ resource, machine: session.description, ...parts });

/** The machine that stored outputs were seen on. */
export const machineOf = (outs: Props) =>
  isObject(outs["machine"]) ? (outs["machine"] as unknown as MachineFacts) : undefined;

/**
 * One turn on the resource's machine: resolves the connection, opens or joins the machine's session, makes sure that
 * it is the machine that this resource was created on, and that the account may look and act.
 */
export async function onMachine<T>(
  context: OperationContext,
  type: string,
  bag: Props,
  knownMachine: MachineFacts | undefined,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const resource = resourceText(type, bag);
  const connection = connectionOf(bag);
  let resolved: ReturnType<typeof resolveConnection>;
  try {
    resolved = resolveConnection(connection, context.env, context.credentials);
  } catch (error) {
    const answered = error instanceof Error ? error.message : String(error);
    const next = "give the set (stack config or environment), or correct connection.credentials";
    throw new OperationFailure(
      failureText({ resource, doing: "finding the account", answered, state: "Nothing was tried.", next }),
      true,
    );
  }
  context.hide(secretsOf(resolved));
  const address = `${resolved.endpoint.host}:${resolved.endpoint.port}`;
  let opened = false;
  try {
    return await context.pool.use(
      resolved,
      {
        signal: context.signal,
        log: context.log,
        operationTimeoutMs: (connection.timeouts?.operation ?? OPERATION_SECONDS) * 1000,
      },
      async (session) => {
        opened = true;
        const { hello } = session;
        const machine: MachineFacts = {
          id: hello.machineId,
          name: hello.computerName,
          windows: hello.osCaption.trim().replace(/^Microsoft\s+/i, ""),
          version: hello.osVersion,
          language: hello.uiLanguage,
        };
        if (knownMachine && knownMachine.id !== machine.id)
          throw anotherMachine(resource, address, knownMachine, machine);
        if (!hello.elevated) throw notElevated(resource, session.description, hello.user);
        if (/^(?:5|6\.0)\./.test(hello.osVersion)) throw tooOld(resource, session.description, machine);
        return work({ session, resource, machine });
      },
    );
  } catch (error) {
    if (!opened && (error instanceof ConnectError || error instanceof SessionError)) {
      throw cannotLook(resource, address, error);
    }
    throw error;
  }
}

/** A failed look: the session was open, but the reading did not come. */
export function lookFailed(turn: Turn, error: unknown, doing = "reading its activation state"): OperationFailure {
  return new OperationFailure(textOn(turn, { doing, ...explain(error), state: "Nothing was changed." }), true);
}

function anotherMachine(resource: string, address: string, known: MachineFacts, met: MachineFacts): OperationFailure {
  return new OperationFailure(
    failureText({
      resource,
      machine: address,
      doing: "recognising the machine",
      answered:
        `another machine answers there: ${met.name} (machine id ${met.id}), while this resource was made on ` +
        `${known.name} (machine id ${known.id})`,
      state: "Nothing was changed on either.",
      next:
        "if the address is wrong, correct connection.host; if the machine was replaced or re-installed on purpose, replace " +
        "the resource too (`pulumi up --replace URN`), which may spend an activation of its key",
    }),
    true,
  );
}

function notElevated(resource: string, machine: string, user: string): OperationFailure {
  return new OperationFailure(
    failureText({
      resource,
      machine,
      doing: "checking the account's rights",
      answered: `${user} is logged in without elevated administrator rights (Windows would answer 0x80070005, access denied)`,
      state: "Nothing was changed.",
      next:
        "use an account in the machine's Administrators group; on a workgroup machine a local account also needs " +
        "LocalAccountTokenFilterPolicy = 1",
    }),
    true,
  );
}

const licensingOf = ({ version }: MachineFacts) =>
  version.startsWith("5.") ? "the licensing of Server 2003" : "the licensing service of Vista and Server 2008";

function tooOld(resource: string, machine: string, met: MachineFacts): OperationFailure {
  return new OperationFailure(
    failureText({
      resource,
      machine,
      doing: "checking the Windows version",
      answered: `${met.windows} (${met.version}) has ${licensingOf(met)}, which differs from all later ones`,
      state: "Nothing was changed.",
      next: "manage machines from Windows 7 / Server 2008 R2 on; older ones by hand",
    }),
    true,
  );
}
