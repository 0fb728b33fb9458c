import type { Operation, OperationContext } from "../../../../provider/adapter/handler";
import { encode, type Props } from "../../../../provider/adapter/props";
import type { Ace } from "../../../../provider/directory/security/ace";
import { type Acl, descriptorBytes, readDescriptor } from "../../../../provider/directory/security/descriptor";
import { aceText } from "../../../../provider/directory/security/sddl";
import { OperationFailure } from "../../../../provider/errors/failure";
import type { SessionPool } from "../../../../provider/machine/pool";
import type { AgentError, BatchArgs } from "../../../../provider/machine/protocol";
import { AgentFailure, type MachineSession } from "../../../../provider/machine/session";
import { dnsRecordPermissionHandler } from "../../../../provider/resources/dnsRecordPermission/handler";
import { errorOf } from "../../../failures";
import { aclOf, descriptorWith, GROUP, KMS01 } from "../../directory/samples";
import { DESCRIPTION, HELLO } from "../shared/fakeMachine";

export const ZONE_DN = "DC=contoso.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=com";
export const NODE_DN = `DC=_vlmcs._tcp,${ZONE_DN}`;
export const NAMES: { [sid: string]: string } = { [GROUP]: "CONTOSO\\KMS Hosts", [KMS01]: "CONTOSO\\KMS01$" };
/** SID of the only local account of the machine. */
const LOCAL = "S-1-5-21-7-8-9-1001";

/** Plays the agent on a domain controller that keeps one node; `acl` is what stands there now. */
export class FakeController {
  readonly log: string[] = [];
  writes = 0;
  looks = 0;
  turns = 0;
  acl: Acl | null | undefined;
  tombstoned = false;
  zones = [ZONE_DN];
  /** Done once, between the look and the write. */
  meanwhile: (() => void) | undefined;
  /** Answered in the place of each write; null: it is taken and not done. */
  writing: AgentError | Error | null | undefined;
  /** A write whose answer is an error is done before that. */
  doneAllTheSame = false;
  /** Answered in the place of each look. */
  refuses: AgentError | undefined;

  constructor(...aces: Ace[]) {
    this.acl = aclOf(...aces);
  }

  get entries(): string[] {
    return (this.acl?.aces ?? []).map(aceText);
  }

  context(operation: Operation): OperationContext {
    return {
      operation,
      log: {
        info: (message) => void this.log.push(message),
        warn: (message) => void this.log.push(`warning: ${message}`),
        debug: () => {},
      },
      signal: new AbortController().signal,
      pool: this as unknown as SessionPool,
      env: {},
      credentials: undefined,
      hide: () => {},
    };
  }

  async use<T>(_connection: unknown, _options: unknown, work: (session: MachineSession) => Promise<T>): Promise<T> {
    this.turns++;
    const call = async (op: string, args: unknown): Promise<unknown> => {
      if (op === "directory.node" && this.refuses) throw new AgentFailure(op, this.refuses);
      if (op === "directory.node") return this.#node();
      if (op === "account.sid") return this.#account((args as { account: string }).account);
      if (op === "batch") return this.#batch(args as BatchArgs);
      throw new Error(`${op} was not expected`);
    };
    return work({ hello: HELLO, description: DESCRIPTION, call: call as MachineSession["call"] });
  }

  #bytes(acl: Acl | null): string {
    return descriptorBytes(descriptorWith(acl)).toString("base64");
  }

  #node() {
    this.looks++;
    const node =
      this.acl === undefined ? null : { dn: NODE_DN, tombstoned: this.tombstoned, descriptor: this.#bytes(this.acl) };
    return { server: "dc01.contoso.com", zones: this.zones, node };
  }

  #account(text: string) {
    const found = Object.entries(NAMES).find(([sid, name]) => sid === text || name === text);
    if (found) return { sid: found[0], name: found[1] };
    if (text === "Local Hosts") return { sid: LOCAL, name: `${HELLO.computerName}\\${text}` };
    if (/^S-1-/.test(text)) return { sid: text, name: null };
    throw new AgentFailure("account.sid", { kind: "hresult", code: "0x80070534", message: "\u6c92\u6709\u5c0d\u61c9" });
  }

  #batch({ steps: [step] }: BatchArgs) {
    if (step?.op !== "directory.write") throw new Error(`${step?.op} was not expected`);
    const { dn, expected, descriptor } = step.args;
    const answer = (outcome: object) => ({ steps: [outcome], restart: { status: "notNeeded" }, reads: [] });
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
    if (dn !== NODE_DN) throw new Error(`a write to ${dn}`);
    const done = () => {
      this.acl = readDescriptor(Buffer.from(descriptor, "base64")).dacl;
    };
    if (this.writing && this.doneAllTheSame) done();
    if (this.writing instanceof Error) throw this.writing;
    if (this.writing) return answer({ status: "failed", error: this.writing });
    if (expected !== this.#bytes(this.acl ?? null)) {
      return answer({ status: "failed", error: { kind: "expectation", message: "changed" } });
    }
    this.writes++;
    if (this.writing !== null) done();
    return answer({ status: "done", result: {} });
  }
}

export const ID = "_vlmcs._tcp.contoso.com/CONTOSO\\KMS Hosts";
const handler = dnsRecordPermissionHandler;

export function wanted(over: Props = {}): Props {
  const { inputs, failures } = handler.check({
    resourceName: "hosts",
    connection: { host: "dc01", hostKey: "insecure-accept-any", password: "p1" },
    zone: "contoso.com",
    account: "CONTOSO\\KMS Hosts",
    ...over,
  });
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs;
}

export async function create(at: FakeController, over: Props = {}): Promise<Props> {
  return encode((await handler.create(at.context("create"), wanted(over))).outs);
}
export async function read(at: FakeController, outs: Props): Promise<Props> {
  const seen = await handler.read(at.context("read"), ID, outs);
  if (seen === "absent") throw new Error("a permission is never absent");
  return encode(seen.outs);
}
export async function update(at: FakeController, outs: Props, over: Props = {}): Promise<Props> {
  return encode((await handler.update(at.context("update"), ID, outs, wanted(over))).outs);
}
export const remove = (at: FakeController, outs: Props) => handler.delete(at.context("delete"), ID, outs);
export const changed = (outs: Props, over: Props = {}): string[] => handler.diff(outs, wanted(over)).changed;

export async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  if (!/^DnsRecordPermission "hosts" on .+: .+ failed: .+ Next: .+\.$/.test(error.message)) throw error;
  return error;
}
