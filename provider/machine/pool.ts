import { createHmac, randomBytes } from "node:crypto";
import type { Logger } from "../log/logger";
import { shippedAgent } from "./agentProgram";
import { type AgentProgram, AgentSession } from "./agentSession";
import type { ResolvedConnection } from "./connection";
import { DeadlineError, within } from "./deadline";
import { type MachineSession, SessionError, type UseOptions } from "./session";
import { type SharedMachine, SharedMachines } from "./sharedMachines";
import { ConnectError, type Transport } from "./transport";
import { Turns } from "./turns";

/** What a transport tells while it opens. */
export interface TransportHooks {
  /** Told before every dial. */
  onDial: () => void;
}
export type TransportFactory = (connection: ResolvedConnection, log: Logger, hooks: TransportHooks) => Transport;

export interface PoolOptions {
  transport: TransportFactory;
  /** Default: the shipped agent. */
  program?: AgentProgram;
  /** How many machines may have a session at once; default 32. */
  maxOpenMachines?: number;
  /** How long a session that nobody uses stays open; default 60 000. */
  idleMs?: number;
  /** Default 20 000. */
  pingIntervalMs?: number;
  /** Told when a second connection (other address, account, ...) turns out to reach a machine that another one reached. */
  onSharedMachine?: (shared: SharedMachine) => void;
}

/** Since the pool was made. */
export interface PoolCounters {
  dials: number;
  powershellStarts: number;
  /** Waits for a machine's answer; pings are not counted. */
  roundTrips: number;
}

const DEFAULT_MAX_OPEN_MACHINES = 32;
const DEFAULT_IDLE_MS = 60_000;
/** A session that was used this lately is taken as it is. */
const FRESH_MS = 1_000;
/** How long an idle session has to show that it lives. */
const PROBE_MS = 5_000;

interface Machine {
  key: string;
  turns: Turns;
  session?: AgentSession;
  /** Lets go of the machine's place among the open ones. */
  leave?: () => void;
  idleTimer?: NodeJS.Timeout;
  /** Order in which machines became idle. */
  idleSince: number;
  /** When it became idle, on the monotonic clock. */
  idleAt: number;
  /** Last failure to open, and the last ticket drawn before it: whoever already waited then gets the same answer. */
  failure?: { error: Error; ticket: number };
}

/**
 * One session for each machine and account, shared by all who use it, in turns. Work inside a turn must not wait for
 * another machine's turn: with all places taken by such work, nobody would go on.
 */
export class SessionPool {
  readonly counters: PoolCounters = { dials: 0, powershellStarts: 0, roundTrips: 0 };
  private readonly machines = new Map<string, Machine>();
  private readonly places: Turns;
  private readonly closing = new AbortController();
  private readonly closingSessions = new Set<Promise<void>>();
  private readonly shared = new SharedMachines();
  /** Makes the keys of `machines` useless outside this process; they are hashes over credentials too. */
  private readonly salt = randomBytes(16);
  private tickets = 0;
  private idleOrder = 0;

  constructor(private readonly options: PoolOptions) {
    this.places = new Turns(options.maxOpenMachines ?? DEFAULT_MAX_OPEN_MACHINES);
  }

  /** Machines that were reached by more than one connection. */
  sharedMachines(): SharedMachine[] {
    return this.shared.list();
  }

  /**
   * Waits for the machine's turn, opens its session if there is none, and runs `work` with it. Rejects with a
   * {@link ConnectError} or {@link SessionError} when there is no session to be had, with what `work` throws, or with the
   * signal's reason.
   */
  use<T>(
    connection: ResolvedConnection,
    options: UseOptions,
    work: (session: MachineSession) => Promise<T>,
  ): Promise<T> {
    const ticket = ++this.tickets;
    return within([this.closing.signal, options.signal], undefined, async (signal) => {
      const machine = this.machineOf(connection);
      const done = await machine.turns.take(signal);
      try {
        const session = await this.sessionOf(machine, connection, ticket, signal, options.log);
        return await within([signal], options.operationTimeoutMs, (deadline) => turn(session, deadline, work));
      } finally {
        done();
        this.afterTurn(machine);
      }
    });
  }

  /** Ends every turn and session; at the latest after about 2 s. Using the pool afterwards is refused. */
  async close(): Promise<void> {
    this.closing.abort(new Error("The operation was cancelled: the provider is ending."));
    for (const machine of this.machines.values()) this.closeSession(machine);
    await Promise.all(this.closingSessions);
  }

  private machineOf(connection: ResolvedConnection): Machine {
    const key = createHmac("sha256", this.salt).update(identityText(connection)).digest("hex");
    let machine = this.machines.get(key);
    if (!machine) {
      machine = { key, turns: new Turns(1), idleSince: 0, idleAt: Number.POSITIVE_INFINITY };
      this.machines.set(key, machine);
    }
    return machine;
  }

  private async sessionOf(
    machine: Machine,
    connection: ResolvedConnection,
    ticket: number,
    signal: AbortSignal,
    log: Logger,
  ): Promise<AgentSession> {
    clearTimeout(machine.idleTimer);
    const kept = machine.session;
    if (kept?.alive) {
      kept.keepAlive(true);
      if (await this.answers(machine, kept, signal)) return kept;
    }
    if (machine.failure && ticket <= machine.failure.ticket) throw again(machine.failure.error);
    if (this.places.full) this.makeRoom();
    machine.leave = await this.places.take(signal);
    const transport = this.options.transport(connection, log, { onDial: () => this.counters.dials++ });
    try {
      const session = await within([signal], connection.connectTimeoutMs, (deadline) =>
        AgentSession.open(transport, this.options.program ?? shippedAgent, {
          signal: deadline,
          log,
          ...(this.options.pingIntervalMs === undefined ? {} : { pingIntervalMs: this.options.pingIntervalMs }),
          onStart: () => this.counters.powershellStarts++,
          onRoundTrip: () => this.counters.roundTrips++,
        }),
      );
      this.adopt(machine, session, connection);
      return session;
    } catch (error) {
      this.leave(machine);
      if (signal.aborted) throw error;
      const failure = error instanceof DeadlineError ? notInTime(transport, error) : error;
      if (failure instanceof Error) machine.failure = { error: failure, ticket: this.tickets };
      throw failure;
    }
  }

  /**
   * A machine that restarted while its session was idle has not always told: asked before real work is sent, so that
   * nothing is left in doubt and a new session can be opened.
   */
  private async answers(machine: Machine, session: AgentSession, signal: AbortSignal): Promise<boolean> {
    if (performance.now() - machine.idleAt < FRESH_MS) return true;
    try {
      await within([signal], PROBE_MS, (deadline) => session.call("ping", {}, deadline));
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      this.closeSession(machine);
      return false;
    }
  }

  private adopt(machine: Machine, session: AgentSession, connection: ResolvedConnection): void {
    machine.session = session;
    delete machine.failure;
    session.onEnd(() => {
      if (machine.session !== session) return;
      delete machine.session;
      this.leave(machine);
      this.forgetUnused(machine);
    });
    const { host, port } = connection.endpoint;
    const shared = this.shared.meet(session.hello.machineId, machine.key, `${host}:${port}`, session.description);
    if (shared) this.options.onSharedMachine?.(shared);
  }

  /** Nobody in line: the session becomes idle, or makes room at once for a machine that waits. */
  private afterTurn(machine: Machine): void {
    if (machine.turns.inUse > 0) return;
    if (!machine.session) {
      this.forgetUnused(machine);
      return;
    }
    if (this.places.waiting > 0) {
      this.closeSession(machine);
      return;
    }
    machine.idleSince = ++this.idleOrder;
    machine.idleAt = performance.now();
    machine.session.keepAlive(false);
    machine.idleTimer = setTimeout(() => this.closeSession(machine), this.options.idleMs ?? DEFAULT_IDLE_MS);
    machine.idleTimer.unref();
  }

  /** Closes the session that has been idle for longest. */
  private makeRoom(): void {
    const idle = [...this.machines.values()].filter(({ session, turns }) => session && turns.inUse === 0);
    const oldest = idle.sort((a, b) => a.idleSince - b.idleSince)[0];
    if (oldest) this.closeSession(oldest);
  }

  private closeSession(machine: Machine): void {
    const { session } = machine;
    if (!session) return;
    delete machine.session;
    clearTimeout(machine.idleTimer);
    this.leave(machine);
    const closed = session.close().finally(() => this.closingSessions.delete(closed));
    this.closingSessions.add(closed);
    this.forgetUnused(machine);
  }

  private leave(machine: Machine): void {
    const { leave } = machine;
    delete machine.leave;
    leave?.();
  }

  private forgetUnused(machine: Machine): void {
    if (machine.session || machine.turns.inUse > 0 || machine.turns.waiting > 0) return;
    clearTimeout(machine.idleTimer);
    if (this.machines.get(machine.key) === machine) this.machines.delete(machine.key);
  }
}

/** Everything that makes a connection another one: where to, as whom, by which means, and whom to accept. */
function identityText({ endpoint, proxy, knownHosts }: ResolvedConnection): string {
  const parts = [endpoint, proxy].map((hop) =>
    hop
      ? [hop.host.toLowerCase(), hop.port, hop.user, hop.password, hop.privateKey, hop.privateKeyPassword]
          .concat([hop.agentSocketPath, hop.hostKey])
          .map((value) => value ?? null)
      : null,
  );
  return JSON.stringify([...parts, knownHosts ?? null]);
}

/** Runs `work`, and stops waiting for it when the signal aborts; the handle that it holds is useless afterwards. */
async function turn<T>(
  session: AgentSession,
  signal: AbortSignal,
  work: (session: MachineSession) => Promise<T>,
): Promise<T> {
  let over = false;
  const handle: MachineSession = {
    hello: session.hello,
    description: session.description,
    call: (op, args) =>
      over
        ? Promise.reject(
            new Error(`${session.description}: "${op}" was called after its turn on the machine had ended.`),
          )
        : session.call(op, args, signal),
  };
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => {
      const { reason } = signal;
      // Work hears of it first, through the call that it waits for, and may say more.
      setImmediate(() => {
        if (!(reason instanceof DeadlineError)) return reject(reason);
        void session.close();
        reject(operationTimedOut(session, reason));
      });
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(handle), stopped]);
  } finally {
    over = true;
  }
}

function operationTimedOut(session: AgentSession, { seconds }: DeadlineError): SessionError {
  return new SessionError(
    "timeout",
    `${session.description}: the operation did not come to its end within ${seconds} s.`,
    "Run it again: it looks at the machine first and does only what is still missing. If it is merely slow, raise " +
      "timeouts.operation.",
  );
}

function notInTime(transport: Transport, { seconds }: DeadlineError): ConnectError {
  return new ConnectError(
    "connect",
    `${transport.description}: no session within ${seconds} s.`,
    "Check the network and the load of the machine; a slow one needs a longer timeouts.connect.",
  );
}

/** The same failure for another user; an error object of its own, since its receiver may add to it. */
function again(error: Error): Error {
  if (error instanceof ConnectError) return new ConnectError(error.kind, error.message, error.remedy);
  if (error instanceof SessionError) return new SessionError(error.kind, error.message, error.remedy);
  return new Error(error.message);
}
