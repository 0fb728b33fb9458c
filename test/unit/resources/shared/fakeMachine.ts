import type { OperationContext } from "../../../../provider/adapter/handler";
import type { SessionPool } from "../../../../provider/machine/pool";
import type {
  AgentError,
  BatchArgs,
  BatchResult,
  ReadOutcome,
  StepOutcome,
  WmiRow,
} from "../../../../provider/machine/protocol";
import type { Hello, MachineSession } from "../../../../provider/machine/session";
import { LICENSING_READ } from "../../../../provider/resources/shared/licensing";
import { HELLO as AGENT_HELLO } from "../../machine/fakeAgent";

const { smbiosUuid: _uuid, machineGuid: _guid, ...told } = AGENT_HELLO;

/** What the session makes of the fake agent's hello. */
export const HELLO: Hello = { ...told, machineId: "0123456789abcdef" };
export const MACHINE = {
  id: HELLO.machineId,
  name: "KMS01",
  windows: "Windows Server 2022 Datacenter",
  version: "10.0.20348",
  language: "zh-TW",
};
export const DESCRIPTION = "KMS01 (ssh admin@kms01:22)";

export const HOST_KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B";
export const OTHER_HOST_KEY = "CCCCC-DDDDD-FFFFF-GGGGG-HHHHH";
/** Windows Server 2022 Datacenter's published setup key. */
export const SETUP_KEY = "WX4NM-KYWYW-QJJR4-XV3QB-6VM33";

/** One answer of the script; throwing stands for a session that breaks. */
export type Answer = (args: BatchArgs) => BatchResult;

/** Plays the machine's session: answers each `batch` with the next line of a script, and keeps what was asked. */
export class FakeMachine {
  readonly batches: BatchArgs[] = [];
  readonly log: string[] = [];
  hello: Hello = HELLO;
  /** How often a turn was asked for. */
  turns = 0;
  /** Thrown instead of opening a session. */
  refuses: Error | undefined;
  private readonly answers: Answer[];

  constructor(...answers: Answer[]) {
    this.answers = answers;
  }

  /** Answers that were not asked for. */
  get unasked(): number {
    return this.answers.length;
  }

  context(operation: OperationContext["operation"], env: NodeJS.ProcessEnv = {}): OperationContext {
    const say = (message: string) => void this.log.push(message);
    return {
      operation,
      log: { info: say, warn: (message) => say(`warning: ${message}`), debug: () => {} },
      signal: new AbortController().signal,
      pool: this as unknown as SessionPool,
      env,
      credentials: undefined,
      hide: () => {},
    };
  }

  async use<T>(_connection: unknown, _options: unknown, work: (session: MachineSession) => Promise<T>): Promise<T> {
    this.turns++;
    if (this.refuses) throw this.refuses;
    return work({
      hello: this.hello,
      description: DESCRIPTION,
      call: async (op, args) => {
        if (op !== "batch") throw new Error(`${op} is no batch`);
        const batch = args as BatchArgs;
        this.batches.push(batch);
        const answer = this.answers.shift();
        if (!answer) throw new Error(`no answer is left for: ${typed(batch).join("; ")}`);
        return answer(batch) as never;
      },
    });
  }

  /** The steps of one batch in short: slmgr verbs with their values, other steps by name. */
  steps(index: number): string[] {
    const batch = this.batches[index];
    if (!batch) throw new Error(`there was no batch ${index}`);
    return typed(batch);
  }
}

export function typed({ steps }: Pick<BatchArgs, "steps">): string[] {
  return steps.map((step) => {
    if (step.op === "slmgr") return [step.args.verb, ...(step.args.values ?? [])].join(" ");
    if (step.op === "registry.write") return `write ${step.args.name}: ${[step.args.data].flat().join(" | ")}`;
    if (step.op === "registry.delete") return `delete ${step.args.name}`;
    return step.op === "expect" ? `expect ${step.args.property}` : step.op;
  });
}

export const hresult = (code: string): AgentError => ({ kind: "hresult", code, message: "\u932f\u8aa4" });

/** Every step done, a restart where one is due, then these readings. */
export function done(reads: ReadOutcome[]): Answer {
  return (args) => ({
    steps: args.steps.map(() => ({ status: "done", result: {} })),
    restart: restartOf(args, args.steps.length),
    reads: args.reads.length ? reads : [],
  });
}

/** The step that begins with `at` fails, those after it are not run. */
export function failing(at: string, error: AgentError, reads: ReadOutcome[]): Answer {
  return (args) => {
    const index = typed(args).findIndex((text) => text.startsWith(at));
    if (index < 0) throw new Error(`no step ${at} in ${typed(args).join("; ")}`);
    const outcome = (position: number): StepOutcome => {
      if (position === index) return { status: "failed", error };
      return position < index ? { status: "done", result: {} } : { status: "notRun" };
    };
    return { steps: args.steps.map((_, position) => outcome(position)), restart: restartOf(args, index), reads };
  };
}

export const breaking =
  (error: Error): Answer =>
  () => {
    throw error;
  };

function restartOf(args: BatchArgs, ran: number): BatchResult["restart"] {
  const due = args.restart && (args.restart.owed || args.steps.slice(0, ran).some((step) => step.restart));
  return due ? { status: "done", tookMs: 900 } : { status: "notNeeded" };
}

const WINDOWS = "55c92734-d682-4d71-983e-d6ec3f16059f";
/** One SoftwareLicensingProduct with a key. */
export function product(over: WmiRow): WmiRow {
  return {
    ID: "11111111-0000-0000-0000-000000000000",
    ApplicationID: WINDOWS,
    Name: "Windows(R), ServerDatacenter edition",
    Description: "Windows(R) Operating System, VOLUME_KMSCLIENT channel",
    LicenseFamily: "ServerDatacenter",
    LicenseIsAddon: false,
    PartialProductKey: SETUP_KEY.slice(-5),
    LicenseStatus: 0,
    LicenseStatusReason: 0,
    GracePeriodRemaining: 0,
    IsKeyManagementServiceMachine: 0,
    KeyManagementServiceCurrentCount: 4_294_967_295,
    RequiredClientCount: 25,
    VLActivationType: 0,
    ...over,
  };
}
export const hostProduct = (over: WmiRow = {}): WmiRow =>
  product({
    ID: "22222222-0000-0000-0000-000000000000",
    Description: "Windows(R) Operating System, VOLUME_KMS_WS22 channel",
    PartialProductKey: HOST_KEY.slice(-5),
    LicenseStatus: 1,
    IsKeyManagementServiceMachine: 1,
    KeyManagementServiceCurrentCount: 30,
    KeyManagementServiceTotalRequests: 40,
    KeyManagementServiceFailedRequests: 0,
    ...over,
  });

export function licensingRead(service: WmiRow, products: WmiRow[]): ReadOutcome {
  const asked = new Set(LICENSING_READ.service);
  const row = {
    Version: "10.0.20348.1",
    IsKeyManagementServiceMachine: products.some((each) => each["IsKeyManagementServiceMachine"] === 1) ? 1 : 0,
    KeyManagementServiceListeningPort: 0,
    KeyManagementServiceDnsPublishing: true,
    KeyManagementServiceLowPriority: false,
    VLActivationInterval: 120,
    VLRenewalInterval: 10_080,
    KeyManagementServiceMachine: "",
    KeyManagementServicePort: 0,
    ClientMachineID: "cmid-1",
    ...service,
  };
  for (const column of Object.keys(row)) if (!asked.has(column)) throw new Error(`${column} is not read`);
  return { ok: true, result: { service: row, products } };
}
