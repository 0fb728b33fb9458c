import type { SlmgrArgs, SlmgrResult, SlmgrVerb } from "pulumi-volume-activation-provider/machine/protocol";
import {
  activate,
  depositConfirmationId,
  hostProduct,
  installationIdOf,
  installProductKey,
  isLicensed,
  rearm,
  requireProduct,
  uninstallProductKey,
} from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { SPP_KEY } from "../machine/registry";
import { demandStart } from "../machine/service";
import {
  activationType,
  clearKmsTarget,
  setActivationInterval,
  setActivationType,
  setDnsPublishing,
  setHostCaching,
  setKmsTarget,
  setListeningPort,
  setLookupDomain,
  setLowPriority,
  setRenewalInterval,
} from "../machine/settings";
import type { ProductState } from "../machine/state";
import { OpError, refuse } from "./failure";

interface Call {
  machine: Machine;
  /** The verb's one word, "" without one. */
  word: string;
  number: number;
  /** Set when an Activation ID was named. */
  product: ProductState | undefined;
}
interface Verb {
  words: 0 | 1;
  /** Does nothing on a machine that is no KMS host. */
  hostOnly?: true;
  /** May name an Activation ID. */
  perProduct?: true;
  number?: { what: string; least: number; most: number };
  run(call: Call): SlmgrResult | undefined;
}

const UINT32 = 4294967295;
const WOW64_SPP_KEY = SPP_KEY.replace("SOFTWARE\\", "SOFTWARE\\Wow6432Node\\");
const TOKEN_ONLY = 3;

/** Each verb by the WMI calls that slmgr.vbs makes for it. */
const VERBS: Readonly<Record<SlmgrVerb, Verb>> = {
  "/ipk": { words: 1, run: ({ machine, word }) => changeKey(machine, () => installProductKey(machine, word)) },
  "/upk": {
    words: 0,
    perProduct: true,
    run: ({ machine, product }) =>
      changeKey(machine, () => uninstallProductKey(machine, product ?? requireProduct(machine))),
  },
  "/cpky": { words: 0, run: done(({ machine }) => machine.requireElevation()) },
  "/ato": { words: 0, perProduct: true, run: ato },
  "/dti": {
    words: 0,
    perProduct: true,
    run: ({ machine, product }) => ({
      installationId: installationIdOf(machine, product ?? requireProduct(machine)),
    }),
  },
  "/atp": {
    words: 1,
    perProduct: true,
    run: done(({ machine, product, word }) => depositConfirmationId(machine, product ?? requireProduct(machine), word)),
  },
  "/rearm": { words: 0, run: done(({ machine }) => rearm(machine)) },
  "/skms": { words: 1, perProduct: true, run: done(skms) },
  "/ckms": { words: 0, perProduct: true, run: done(({ machine, product }) => clearKmsTarget(machine, product)) },
  "/skms-domain": {
    words: 1,
    perProduct: true,
    run: done(({ machine, product, word }) => setLookupDomain(machine, word, product)),
  },
  "/ckms-domain": {
    words: 0,
    perProduct: true,
    run: done(({ machine, product }) => setLookupDomain(machine, null, product)),
  },
  "/skhc": { words: 0, run: done(({ machine }) => setHostCaching(machine, true)) },
  "/ckhc": { words: 0, run: done(({ machine }) => setHostCaching(machine, false)) },
  "/sprt": {
    words: 1,
    hostOnly: true,
    number: { what: "the port", least: 1, most: 65535 },
    run: done(({ machine, number }) => setListeningPort(machine, number)),
  },
  "/sdns": { words: 0, hostOnly: true, run: done(({ machine }) => setDnsPublishing(machine, true)) },
  "/cdns": { words: 0, hostOnly: true, run: done(({ machine }) => setDnsPublishing(machine, false)) },
  "/spri": { words: 0, hostOnly: true, run: done(({ machine }) => setLowPriority(machine, false)) },
  "/cpri": { words: 0, hostOnly: true, run: done(({ machine }) => setLowPriority(machine, true)) },
  "/sai": {
    words: 1,
    hostOnly: true,
    number: { what: "the value of /sai", least: 0, most: UINT32 },
    run: done(({ machine, number }) => setActivationInterval(machine, number)),
  },
  "/sri": {
    words: 1,
    hostOnly: true,
    number: { what: "the value of /sri", least: 0, most: UINT32 },
    run: done(({ machine, number }) => setRenewalInterval(machine, number)),
  },
  "/act-type": {
    words: 1,
    perProduct: true,
    number: { what: "the value of /act-type", least: 0, most: UINT32 },
    run: done(({ machine, number, product }) => setActivationType(machine, number, product)),
  },
};

function done(action: (call: Call) => void): (call: Call) => undefined {
  return (call) => {
    action(call);
    return undefined;
  };
}

export function runSlmgr(machine: Machine, args: SlmgrArgs): SlmgrResult {
  const verb = Object.hasOwn(VERBS, args.verb) ? VERBS[args.verb] : undefined;
  if (!verb) refuse(`the agent has no slmgr verb '${args.verb}'`);
  const words = args.values ?? [];
  if (words.length !== verb.words) refuse(`slmgr ${args.verb} takes ${verb.words} words`);
  if (args.activationId !== undefined && !verb.perProduct) refuse(`slmgr ${args.verb} takes no Activation ID`);
  const word = words[0] ?? "";
  const number = verb.number ? unsigned(word, verb.number) : 0;
  demandStart(machine);
  if (verb.hostOnly && !hostProduct(machine)) {
    throw new OpError({
      kind: "notKmsHost",
      message: `slmgr ${args.verb} does nothing here: no product on this machine is a KMS host`,
    });
  }
  const product = args.activationId === undefined ? undefined : requireProduct(machine, args.activationId);
  return verb.run({ machine, word, number, product }) ?? {};
}

function unsigned(word: string, range: { what: string; least: number; most: number }): number {
  const number = Number(word);
  if (!/^[0-9]{1,10}$/.test(word) || number < range.least || number > range.most) {
    refuse(`${range.what} must be a whole number from ${range.least} to ${range.most}`);
  }
  return number;
}

/** After a key change, the value by which inventory tools know a KMS host, in both registry views. */
function changeKey(machine: Machine, change: () => void): undefined {
  change();
  const isHost = machine.state.products.some((product) => product.channel === "csvlk");
  for (const key of [SPP_KEY, WOW64_SPP_KEY]) {
    if (isHost)
      machine.registry.write(key, "KeyManagementServiceVersion", { kind: "REG_SZ", data: machine.os.sppVersion });
    else machine.registry.remove(key, "KeyManagementServiceVersion");
  }
  return undefined;
}

function ato({ machine, product }: Call): SlmgrResult {
  const target = product ?? requireProduct(machine);
  if (machine.os.generation === "win8" && activationType(machine, target) === TOKEN_ONLY) {
    refuse("the activation type of this product allows only tokens (/act-type 3), so /ato would do nothing");
  }
  if (target.channel === "mak" && isLicensed(machine, target)) return { attempted: false };
  activate(machine, target);
  return { attempted: true };
}

/** NAME, NAME:PORT, :PORT or [IPv6]:PORT. */
export function parseKmsTarget(word: string): { name: string | null; port: number | null } | null {
  const match = /^(\[[0-9A-Fa-f:.%]+\]|[^:[\]\s]*)(?::([0-9]{1,5}))?$/.exec(word);
  if (!match || word === "") return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && (port < 1 || port > 65535)) return null;
  return { name: match[1] ? match[1] : null, port };
}

function skms({ machine, word, product }: Call): void {
  const target = parseKmsTarget(word);
  if (!target) refuse("the KMS host must be NAME, NAME:PORT, :PORT or [IPv6]:PORT, the port from 1 to 65535");
  setKmsTarget(machine, target.name, target.port, product);
}
