import { createRequire } from "node:module";
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { type Bag, check, create, diff, remove, update } from "./provider";

/**
 * A stand-in for the plugin pulumi-resource-command 1.2.1, spoken to by the engine as the real one: it writes the port
 * of its service on the first line. Secrets reach it in the open, and the engine marks them in what it answers.
 */

// The messages are made by the copy of protobuf that belongs to @pulumi/pulumi.
const ofPulumi = createRequire(require.resolve("@pulumi/pulumi"));
const { Empty } = ofPulumi("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => object };
const { Struct } = ofPulumi("google-protobuf/google/protobuf/struct_pb") as {
  Struct: { fromJavaScript(value: object): Wire };
};
type Wire = NonNullable<ReturnType<messages.CreateRequest["getProperties"]>>;

const bag = (wire: Wire | undefined): Bag => (wire?.toJavaScript() ?? {}) as Bag;
const wire = (value: Bag): Wire => Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as object);
/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";

const answered =
  <Request, Answer>(work: (request: Request) => Promise<Answer> | Answer): handleUnaryCall<Request, Answer> =>
  (call, respond) => {
    Promise.resolve(call.request)
      .then(work)
      .then(
        (answer) => respond(null, answer),
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          respond({ code: status.UNKNOWN, details: message } as ServiceError, null);
        },
      );
  };

const service: UntypedServiceImplementation = {
  checkConfig: answered((request: messages.CheckRequest) => {
    const answer = new messages.CheckResponse();
    answer.setInputs(request.getNews());
    return answer;
  }),
  diffConfig: answered(() => new messages.DiffResponse()),
  configure: answered(() => new messages.ConfigureResponse()),
  getPluginInfo: answered(() => {
    const answer = new PluginInfo();
    answer.setVersion("1.2.1");
    return answer;
  }),
  check: answered((request: messages.CheckRequest) => {
    const answer = new messages.CheckResponse();
    answer.setInputs(request.getNews());
    answer.setFailuresList(
      check(typeOf(request.getUrn()), bag(request.getNews())).map(({ property, reason }) => {
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
      }),
    );
    return answer;
  }),
  diff: answered((request: messages.DiffRequest) => {
    const changed = diff(bag(request.getOldInputs()), bag(request.getNews()));
    const answer = new messages.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    answer.setChanges(changed.length ? DIFF_SOME : DIFF_NONE);
    answer.setDiffsList(changed);
    answer.setHasdetaileddiff(true);
    for (const path of changed) {
      const kind = new messages.PropertyDiff();
      kind.setKind(messages.PropertyDiff.Kind.UPDATE);
      kind.setInputdiff(true);
      answer.getDetaileddiffMap().set(path, kind);
    }
    return answer;
  }),
  create: answered(async (request: messages.CreateRequest) => {
    const { id, outs } = await create(typeOf(request.getUrn()), bag(request.getProperties()));
    const answer = new messages.CreateResponse();
    answer.setId(id);
    answer.setProperties(wire(outs));
    return answer;
  }),
  read: answered((request: messages.ReadRequest) => {
    const answer = new messages.ReadResponse();
    answer.setId(request.getId());
    answer.setProperties(request.getProperties());
    answer.setInputs(request.getInputs());
    return answer;
  }),
  update: answered(async (request: messages.UpdateRequest) => {
    const answer = new messages.UpdateResponse();
    answer.setProperties(wire(await update(typeOf(request.getUrn()), bag(request.getOlds()), bag(request.getNews()))));
    return answer;
  }),
  delete: answered(async (request: messages.DeleteRequest) => {
    await remove(typeOf(request.getUrn()), bag(request.getProperties()));
    return new Empty();
  }),
  cancel: answered(() => new Empty()),
};

const server = new Server();
server.addService(ResourceProviderService, service);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
