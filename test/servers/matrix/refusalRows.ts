import { expect } from "vitest";
import { setIsAbsent, TSIG_ALGORITHMS, TYPE } from "../../../provider/dns";
import { setExists } from "../../../provider/dns/wire/update";
import { list, type Row } from "./rows";
import { KEY_NAME, tsigAuth } from "./servers/server";
import { refusal, type Stand } from "./stand";

const HOUR = 3_600_000;

/** Words that the message of each answer must have: its cause, and what to do. */
const MESSAGES: { readonly [word: string]: RegExp } = {
  BADKEY: /does not know the TSIG key ".+" with hmac-.*correct auth.keyName and auth.algorithm/,
  BADSIG: /its secret is another one.*correct the secret/,
  BADTIME: /here it is \S+Z, at the server \S+Z: .* apart.*NTP/,
  REFUSED: /does not allow this update, which was (signed by|unsigned).*|does not answer queries about/,
  NOTAUTH: /is not authoritative for the zone .*correct "zone"/,
  NOTZONE: /lies outside the zone .*correct "zone" or "name"/,
  SERVFAIL: /(not loaded|belongs to another account).*(log|rights)/,
  YXDOMAIN: /a name exists that must not.*--refresh/,
  NXDOMAIN: /a name that had to exist in .* does not.*--refresh/,
  YXRRSET: /records exist that did not a moment ago.*--refresh/,
  NXRRSET: /the records are not those that were read.*--refresh/,
};

/** The answer's mnemonic, once its message has been held against what it must say. */
async function word(work: Promise<unknown>): Promise<string> {
  const { word: found, message } = await refusal(work);
  const says = MESSAGES[found];
  if (says) expect(message).toMatch(says);
  return found;
}

const key = (stand: Stand, over = {}) => word(stand.create({ auth: tsigAuth(over) }));

/** Whether an answer has a signature of its own, as `nsupdate -d` shows it and judges it. */
function signatureOf({ output }: { output: string }): string {
  const at = output.indexOf("Reply from update query:");
  const mac = (text: string) => [...text.matchAll(/\sTSIG\s+\S+ \d+ \d+ \d+ (\S+)/g)].at(-1)?.[1];
  const [sent, answered] = [mac(output.slice(0, at)), mac(output.slice(at))];
  if (answered === undefined) return "no";
  if (answered === sent) return "no, the request's is sent back";
  return /tsig verify failure/.test(output) ? "yes, not as it must be" : "yes";
}

export const refusalRows: Row[] = [
  ...TSIG_ALGORITHMS.map(
    (algorithm): Row => ({
      title: `TSIG ${algorithm}`,
      run: (stand) => key(stand, { keyName: KEY_NAME(algorithm), algorithm }),
      expected: { "*": "done", "BIND+KDC": "BADKEY", "Samba AD": "BADKEY" },
    }),
  ),
  {
    title: "unknown key",
    run: (stand) => key(stand, { keyName: "nobody" }),
    expected: { "*": "BADKEY", PowerDNS: "REFUSED" },
  },
  {
    title: "key with another algorithm",
    run: (stand) => key(stand, { algorithm: "hmac-sha512" }),
    expected: { "*": "BADKEY", PowerDNS: "REFUSED" },
  },
  {
    title: "wrong secret",
    run: (stand) =>
      word(stand.create({ auth: { method: "tsig", keyName: KEY_NAME("hmac-sha256"), secret: "d3Jvbmc=" } })),
    expected: { "*": "BADSIG", PowerDNS: "REFUSED", "BIND+KDC": "BADKEY", "Samba AD": "BADKEY" },
  },
  {
    title: "clock an hour off",
    options: () => ({ now: () => Date.now() - HOUR }),
    run: (stand) => key(stand),
    expected: { "*": "BADTIME", PowerDNS: "REFUSED", "BIND+KDC": "BADKEY", "Samba AD": "BADKEY" },
  },
  {
    title: "known, and not allowed",
    run: async (stand) => {
      await stand.create();
      return word(stand.create({ auth: stand.server.forbidden, target: stand.host("kms02") }));
    },
    expected: { "*": "REFUSED", Knot: "BADKEY", "Samba AD": "SERVFAIL" },
  },
  {
    title: "unsigned",
    run: (stand) => word(stand.create({ auth: { method: "none" } })),
    expected: { "*": "REFUSED", Knot: "NOTAUTH" },
  },
  {
    title: "zone not served",
    run: (stand) =>
      word(stand.message([setExists("foreign.test", TYPE.ANY)], ["prereq yxdomain foreign.test"], "foreign.test")),
    // nsupdate asks for the zone's SOA first, which BIND refuses.
    expected: { "*": "NOTAUTH", "BIND+KDC": "REFUSED" },
  },
  {
    title: "name outside the zone",
    run: (stand) => word(stand.message([setExists("foreign.test", TYPE.ANY)], ["prereq yxdomain foreign.test."])),
    expected: "NOTZONE",
  },
  {
    title: "name that must be free",
    run: (stand) =>
      word(stand.message([setIsAbsent(stand.server.zone, TYPE.ANY)], [`prereq nxdomain ${stand.server.zone}.`])),
    expected: "YXDOMAIN",
  },
  {
    title: "name that must be in use",
    run: (stand) => word(stand.message([setExists(stand.fqdn, TYPE.ANY)], [`prereq yxdomain ${stand.fqdn}.`])),
    expected: "NXDOMAIN",
  },
  {
    title: "set that must be new",
    run: (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms02");
      return word(stand.send({ add: stand.srv("kms01") }));
    },
    expected: "YXRRSET",
  },
  {
    title: "set that must be another",
    run: (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms02");
      return word(stand.send({ expected: [stand.seen("kms03")], add: stand.srv("kms01") }));
    },
    expected: "NXRRSET",
  },
  {
    title: "set that must exist",
    run: (stand) => word(stand.message([setExists(stand.fqdn, TYPE.SRV)], [`prereq yxrrset ${stand.fqdn}. SRV`])),
    expected: "NXRRSET",
  },
  {
    title: "check that holds, without a change",
    run: async (stand) => {
      const before = stand.serial();
      const said = await word(
        stand.message([setIsAbsent(stand.fqdn, TYPE.SRV)], [`prereq nxrrset ${stand.fqdn}. SRV`]),
      );
      return `${said}, ${stand.serial() === before ? "same serial" : "another serial"}`;
    },
    expected: "done, same serial",
  },
  {
    title: "refused as a whole: prerequisite",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      const change = { deletes: [stand.seen("kms02", { priority: 5, weight: 6 })], add: stand.srv("kms01") };
      const said = await word(stand.send({ expected: [stand.seen("kms03")], ...change }));
      return `${said}; ${list(stand.dig())}`;
    },
    expected: "NXRRSET; 600 5 6 1688 kms02",
  },
  {
    title: "refused as a whole: one name outside",
    run: async (stand) => {
      const outside = "x.foreign.test";
      const { output } = stand.nsupdate([
        `update add ${stand.fqdn}. 600 SRV 0 0 1688 ${stand.host("kms01")}.`,
        `update add ${outside}. 600 SRV 0 0 1688 ${stand.host("kms01")}.`,
      ]);
      return `${/update failed: (\w+)/.exec(output)?.[1] ?? output}; ${list(stand.dig())}`;
    },
    expected: "NOTZONE; none",
  },
  {
    title: "server: NXDOMAIN is signed",
    run: async (stand) => signatureOf(stand.nsupdate([`prereq yxdomain ${stand.fqdn}.`], stand.server.zone, ["-d"])),
    expected: { "*": "yes", "Samba AD": "yes, not as it must be" },
  },
  {
    title: "server: NOTZONE is signed",
    run: async (stand) => signatureOf(stand.nsupdate(["prereq yxdomain x.foreign.test."], stand.server.zone, ["-d"])),
    expected: { "*": "yes", "Samba AD": "yes, not as it must be" },
  },
  {
    title: "zone that is not loaded",
    run: async (stand) => {
      const client = await stand.client();
      const update = { zone: "broken.test", prerequisites: [], updates: [] };
      return word(client.update(update, undefined, AbortSignal.timeout(5000)));
    },
    expected: { "*": "NOTAUTH", BIND: "SERVFAIL" },
  },
];
