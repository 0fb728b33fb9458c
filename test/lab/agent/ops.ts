import { AGENT_VERSION } from "pulumi-volume-activation-provider/agent/index";
import {
  type Expectation,
  type HelloResult,
  type LicensingReadResult,
  type Op,
  PROTOCOL_VERSION,
  type Primitives,
} from "pulumi-volume-activation-provider/machine/protocol";
import { isProductColumn, productRow, productValue, serviceRow } from "../machine/columns";
import { HR, hex, NoProductError, WindowsError } from "../machine/hresult";
import { primaryProduct } from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { demandStart, listeners, restartService } from "../machine/service";
import { checkArgs } from "./arguments";
import { dnsChange, dnsRead } from "./dnsOps";
import { OpError, refuse, strike, toAgentError } from "./failure";
import { runSlmgr } from "./slmgr";

/** Every operation but `batch`, which is made of these. */
export type SingleOp = Exclude<Op, "batch">;
type Run<O extends SingleOp> = (
  machine: Machine,
  args: Primitives[O]["args"],
  agentLength: number,
) => Primitives[O]["result"];

const RUN: { [O in SingleOp]: Run<O> } = {
  ping: () => ({}),
  hello: (machine, _args, agentLength) => hello(machine, agentLength),
  "licensing.read": (machine, args) => {
    demandStart(machine);
    return licensingRead(machine, args);
  },
  slmgr: runSlmgr,
  "registry.read": (machine, args) => ({
    values: args.values.map(({ key, name }) => machine.registry.read(key, name)),
  }),
  "registry.write": (machine, args) => {
    machine.requireElevation();
    const { key, name, kind, data } = args;
    machine.registry.write(key, name, { kind, data });
    return {};
  },
  "registry.delete": (machine, args) => {
    machine.requireElevation();
    return { existed: machine.registry.remove(args.key, args.name) };
  },
  "service.restart": (machine, args) => {
    if (args.name.toLowerCase() !== "sppsvc") {
      const message = `this Windows has no service '${args.name}'`;
      throw new OpError({ kind: "notSupported", code: hex(SERVICE_UNKNOWN), message });
    }
    try {
      restartService(machine);
    } catch (error) {
      if (error instanceof WindowsError) {
        throw new OpError({ ...toAgentError(error, machine.language), kind: "restartRefused" });
      }
      throw error;
    }
    return { tookMs: RESTART_MS };
  },
  "net.listeners": (machine) => ({ listeners: listeners(machine) }),
  // No packet leaves the lab: a machine with Internet reaches every address but its own, where its listeners count.
  "net.probe": (machine, { host, port }) => {
    if (/^(?:localhost|127\.\d+\.\d+\.\d+)$/i.test(host)) {
      if (!listeners(machine).some((listener) => listener.port === port)) throw new WindowsError(HR.connectRefused);
    } else if (machine.spec.internet === false) throw new WindowsError(HR.connectTimeout);
    return {};
  },
  "firewall.read": (machine, args) => machine.firewall.read(args.groups, args.groupings, args.ports ?? []),
  "firewall.group": (machine, args) => {
    machine.requireElevation();
    if (!machine.firewall.read([args.group], []).groups[0]?.known) {
      throw new OpError({
        kind: "notSupported",
        message: `this Windows has no firewall rules of the group ${args.group}`,
      });
    }
    machine.firewall.setGroup(args.group, args.profiles, args.enabled);
    return {};
  },
  "firewall.rule": (machine, args) => {
    machine.requireElevation();
    if (args.grouping.startsWith("@") && !machine.firewall.has(args.name, args.grouping)) {
      refuse("a group of Windows gets no rules of ours: give the rule a Grouping of its own");
    }
    const { only, ...rule } = args;
    if (!only) return { created: machine.firewall.setRule(rule) };
    if (machine.firewall.reads(rule.name, rule.grouping, only).length === 0) {
      refuse("no rule of that name and Grouping reads so");
    }
    return { created: machine.firewall.setRule({ ...rule, only }) };
  },
  "firewall.remove": (machine, args) => {
    machine.requireElevation();
    return { existed: machine.firewall.removeRule(args.name, args.grouping) };
  },
  "events.read": (machine, args) => ({
    exists: machine.logs.exists(args.log),
    now: new Date(machine.clock()).toISOString(),
    events: machine.logs.read(args),
  }),
  "directory.node": (machine, { zone, name }) => {
    requireDomain(machine);
    return machine.world.directory.node(machine.name, machine.domain, zone, name);
  },
  "directory.write": (machine, args) => {
    requireDomain(machine);
    machine.requireElevation();
    if (machine.world.directory.write(machine.name, machine.domain, args)) return {};
    throw new OpError({ kind: "expectation", message: "the permissions are not those that were read before" });
  },
  "account.sid": (machine, { account }) =>
    machine.world.directory.account(machine.name, machine.joined ? machine.domain : undefined, account),
  "dns.read": dnsRead,
  "dns.change": dnsChange,
  expect: (machine, args) => {
    const { holds, actual } = evaluate(machine, args);
    if (holds) return {};
    throw new OpError({
      kind: "expectation",
      message: `${args.property} is not as expected`,
      actual,
    });
  },
};

function requireDomain(machine: Machine): void {
  if (!machine.joined) throw new OpError({ kind: "notSupported", message: "this machine is in no domain" });
}

/** Win32 error 1060: no such service. */
const SERVICE_UNKNOWN = 0x80070424;
/** What a restart of sppsvc takes in the lab, milliseconds. */
const RESTART_MS = 40;

/** Checks the arguments and does it; throws {@link OpError} or what Windows throws. */
export function runOp<O extends SingleOp>(
  machine: Machine,
  op: O,
  args: unknown,
  agentLength = 0,
): Primitives[O]["result"] {
  strike(machine, op);
  const run: Run<O> = RUN[op];
  return run(machine, checkArgs(op, args), agentLength);
}

function hello(machine: Machine, agentLength: number): HelloResult {
  const { identity } = machine.state;
  return {
    protocol: PROTOCOL_VERSION,
    agentVersion: AGENT_VERSION,
    agentLength,
    smbiosUuid: identity.smbiosUuid,
    machineGuid: identity.machineGuid,
    computerName: machine.name.toUpperCase(),
    domain: machine.domain,
    partOfDomain: machine.joined,
    primaryDnsSuffix: machine.primaryDnsSuffix,
    osVersion: machine.os.version,
    osCaption: machine.caption,
    productType: machine.spec.domainController ? 2 : machine.os.server ? 3 : 1,
    editionId: machine.edition,
    uiLanguage: machine.language,
    psVersion: machine.os.psVersion,
    languageMode: "FullLanguage",
    is64BitProcess: true,
    is64BitOs: true,
    // OpenSSH gives administrators their full token, a local account of a workgroup machine too: what
    // LocalAccountTokenFilterPolicy is about is WMI and SMB from afar.
    elevated: !machine.faults.notElevated,
    user: `${machine.joined ? (machine.domain.split(".")[0] ?? "").toUpperCase() : machine.name.toUpperCase()}\\admin`,
    now: new Date(machine.clock()).toISOString(),
  };
}

function licensingRead(machine: Machine, args: Primitives["licensing.read"]["args"]): LicensingReadResult {
  const wanted = args.applicationId?.toLowerCase();
  const products = machine.state.products.filter((one) => wanted === undefined || one.applicationId === wanted);
  return {
    service: serviceRow(machine, args.service),
    products: args.product.length === 0 ? [] : products.map((product) => productRow(machine, product, args.product)),
  };
}

/** A look at one product. Throws when there is no such product or column. */
export function evaluate(machine: Machine, expectation: Expectation): { holds: boolean; actual: Scalar } {
  const { partialProductKey, property, test, value } = expectation;
  demandStart(machine);
  if (!isProductColumn(machine, property)) {
    throw new OpError({ kind: "notSupported", message: `this Windows has no product property ${property}` });
  }
  const product =
    partialProductKey === ""
      ? primaryProduct(machine)
      : machine.state.products.find((one) => one.key.endsWith(partialProductKey.toUpperCase()));
  if (!product) throw new NoProductError("No product has this key.");
  const found = productValue(machine, product, property);
  const actual = Array.isArray(found) ? found.join(",") : found;
  return { holds: compare(actual, test, value), actual };
}
type Scalar = string | number | boolean | null;

function compare(actual: Scalar, test: Expectation["test"], value: string | number): boolean {
  const wanted = String(value);
  const same = test === "eq" || test === "ne";
  const holds = actual !== null && (same ? String(actual) === wanted : expression(wanted).test(String(actual)));
  return test === "ne" || test === "notMatch" ? !holds : holds;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    return refuse("argument 'value' is not a regular expression");
  }
}
