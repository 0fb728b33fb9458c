import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type * as grpc from "@grpc/grpc-js";
import type { Props } from "../../../provider/adapter/props";

/** The program's folder that the provider is started in: it depends on the package, as a user's does. */
export const PROGRAM = join(__dirname, "../../../examples/quickstart");
const load = createRequire(join(PROGRAM, "package.json"));
export const DYNAMIC_PROVIDER = load.resolve("@pulumi/pulumi/cmd/dynamic-provider");

interface Message {
  [setter: string]: (value: unknown) => void;
}
interface Struct {
  toJavaScript(): Props;
}
interface Protos {
  provider: {
    [name: string]: { new (): Message; deserializeBinary(bytes: Uint8Array): { [getter: string]: () => never } };
  };
  Struct: { fromJavaScript(value: object): Struct };
}
const protos: Protos = {
  provider: load("@pulumi/pulumi/proto/provider_pb") as Protos["provider"],
  Struct: (load("google-protobuf/google/protobuf/struct_pb") as { Struct: Protos["Struct"] }).Struct,
};
const { ResourceProviderClient } = load("@pulumi/pulumi/proto/provider_grpc_pb") as {
  ResourceProviderClient: new (address: string, credentials: unknown) => Client;
};
const { Status } = load("@pulumi/pulumi/proto/status_pb") as {
  Status: { deserializeBinary(bytes: Uint8Array): { getDetailsList(): { getValue_asU8(): Uint8Array }[] } };
};
// The client is made by the program's own copy of grpc: credentials must come from that one.
const ownGrpc = createRequire(load.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as typeof grpc;

type Answer = { [getter: string]: () => unknown };
type Call = (
  request: Message,
  options: object,
  callback: (error: grpc.ServiceError | null, answer: Answer) => void,
) => void;
type Client = { close(): void } & { [method: string]: Call };

/** An RPC that takes longer hangs: the tests fail instead of waiting for ever. */
const DEADLINE_MS = 20_000;

export interface InitFailure {
  id: string;
  reasons: string[];
  properties: Props;
}

/** The real dynamic-provider process, spoken to as the engine does. */
export class ProviderHost {
  readonly output: string[] = [];
  private constructor(
    readonly process: ChildProcess,
    private readonly client: Client,
    /** TCP port of its gRPC service on loopback. */
    readonly port: number,
  ) {}

  static async start(
    options: { command?: string[]; env?: NodeJS.ProcessEnv; config?: { [key: string]: string } } = {},
  ): Promise<ProviderHost> {
    const [command = process.execPath, ...args] = options.command ?? [
      process.execPath,
      DYNAMIC_PROVIDER,
      "127.0.0.1:1",
    ];
    const child = spawn(command, args, {
      cwd: PROGRAM,
      env: { ...process.env, PULUMI_NODEJS_PROJECT: "quickstart", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    const port = await new Promise<number>((resolve, reject) => {
      createInterface(child.stdout).on("line", (line) => {
        if (lines.push(line) === 1) resolve(Number(line));
      });
      createInterface(child.stderr).on("line", (line) => lines.push(line));
      child.once("exit", (code) => reject(new Error(`the provider ended with ${code}: ${lines.join("\n")}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, ownGrpc.credentials.createInsecure());
    const host = new ProviderHost(child, client, port);
    Object.defineProperty(host, "output", { value: lines });
    await host.call(
      "configure",
      message("ConfigureRequest", { Args: protos.Struct.fromJavaScript(options.config ?? {}) }),
    );
    return host;
  }

  async check(news: Props, olds: Props = {}) {
    const answer = await this.call("check", message("CheckRequest", { Olds: struct(olds), News: struct(news) }));
    return {
      inputs: bag(answer, "getInputs"),
      failures: ((answer["getFailuresList"]?.() ?? []) as Answer[]).map((failure) => ({
        property: String(failure["getProperty"]?.()),
        reason: String(failure["getReason"]?.()),
      })),
    };
  }
  async diff(olds: Props, news: Props) {
    const answer = await this.call("diff", message("DiffRequest", { Id: "x", Olds: struct(olds), News: struct(news) }));
    return { changes: answer["getChanges"]?.(), replaces: answer["getReplacesList"]?.() };
  }
  async create(properties: Props) {
    const answer = await this.call("create", message("CreateRequest", { Properties: struct(properties) }));
    return { id: answer["getId"]?.(), properties: bag(answer, "getProperties") };
  }
  async read(id: string, properties: Props) {
    const answer = await this.call("read", message("ReadRequest", { Id: id, Properties: struct(properties) }));
    return { id: answer["getId"]?.(), properties: bag(answer, "getProperties"), inputs: bag(answer, "getInputs") };
  }
  async update(olds: Props, news: Props) {
    const request = message("UpdateRequest", { Id: "x", Olds: struct(olds), News: struct(news) });
    return { properties: bag(await this.call("update", request), "getProperties") };
  }
  async delete(properties: Props): Promise<void> {
    await this.call("delete", message("DeleteRequest", { Id: "x", Properties: struct(properties) }));
  }

  close(): void {
    this.client.close();
    this.process.kill("SIGKILL");
  }

  private call(method: string, request: Message): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + DEADLINE_MS };
      this.client[method]?.(request, options, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

/** What the engine gets to know of an operation that stopped after its first write. */
export function initFailureOf(error: grpc.ServiceError): InitFailure | undefined {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(bytes)) return undefined;
  const [detail] = Status.deserializeBinary(bytes).getDetailsList();
  const kind = protos.provider["ErrorResourceInitFailed"];
  if (!detail || !kind) return undefined;
  const failure = kind.deserializeBinary(detail.getValue_asU8()) as unknown as Answer;
  return {
    id: String(failure["getId"]?.()),
    reasons: failure["getReasonsList"]?.() as string[],
    properties: bag(failure, "getProperties"),
  };
}

const struct = (value: Props) => protos.Struct.fromJavaScript(value);
const bag = (answer: Answer, getter: string): Props => (answer[getter]?.() as Struct | undefined)?.toJavaScript() ?? {};

function message(kind: string, fields: { [name: string]: unknown }): Message {
  const Kind = protos.provider[kind];
  if (!Kind) throw new Error(`there is no ${kind}`);
  const request = new Kind();
  for (const [name, value] of Object.entries(fields)) request[`set${name}`]?.(value);
  return request;
}
