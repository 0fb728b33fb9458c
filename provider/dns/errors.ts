import { rcodeName, tsigErrorName } from "./wire/constants";

/**
 * What went wrong between us and a name server:
 * - `unreachable`: no address, no connection. `timeout`: no answer in time. `lost`: the connection ended before the answer.
 * - `malformed`: the answer is no DNS message, or not the answer to what was asked.
 * - `rcode`, `tsig`: the server refused, and said why.
 * - `unsigned`, `unverified`: the answer does not prove that it comes from who holds the key.
 * - `notAuthoritative`: it answered, but not for this zone. `noPrimary`: nobody could say which server is the primary.
 * - `name`: a name cannot be written into a message. `tooLong`: a message cannot be, as a whole. Nothing was sent.
 * - `equipment`: a program or a Kerberos ticket is missing on this side; nothing was sent.
 * - `kerberos`: Kerberos or the server's key exchange (TKEY) failed; no update was sent.
 * - `tool`: nsupdate ended in a way that is not understood, so that the update may have been done.
 */
export type DnsErrorKind =
  | "unreachable"
  | "timeout"
  | "lost"
  | "malformed"
  | "rcode"
  | "tsig"
  | "unsigned"
  | "unverified"
  | "notAuthoritative"
  | "noPrimary"
  | "name"
  | "tooLong"
  | "equipment"
  | "kerberos"
  | "tool";

export class DnsError extends Error {
  override readonly name: string = "DnsError";
  constructor(
    readonly kind: DnsErrorKind,
    message: string,
    /** What to do about it. */
    readonly remedy: string,
  ) {
    super(message);
  }
  /** True when a change that was sent may have been done all the same. */
  get outcomeUnknown(): boolean {
    return ["timeout", "lost", "malformed", "unverified", "tool"].includes(this.kind);
  }
}

/** An answer that cannot be read. */
export class MalformedError extends DnsError {
  override readonly name = "MalformedError";
  constructor(what: string) {
    super("malformed", `the answer is malformed: ${what}`, "check that a DNS server listens at that address and port");
  }
}

/** What an rcode is an answer to. */
export interface Asked {
  what: "query" | "update";
  /** The zone, as it was asked about. */
  zone: string;
  /** Description of who signed, like "TSIG key kms-updater (hmac-sha256)"; undefined when unsigned. */
  signer: string | undefined;
  /** Signed by Kerberos (GSS-TSIG), so that the server is one of Active Directory as a rule. */
  gss?: boolean;
}

/** Who made the node owns it, and the node outlives its records: Microsoft's advice is a group with rights on it. */
const NODE_OWNER =
  "give the account rights on the name: in Active Directory the account that first wrote it owns its node, also after " +
  "the records are gone (a KMS host that published itself, as a rule). Declare a DnsRecordPermission for a group that both " +
  "accounts are in, or delete the node. BIND: update-policy";

type Explanation = (asked: Asked) => [answered: string, remedy: string];

const whoSigned = ({ signer }: Asked) => (signer ? `signed by ${signer}` : "unsigned");

const RCODES: { readonly [mnemonic: string]: Explanation } = {
  FORMERR: ({ what }) => [
    `the server does not understand the ${what}`,
    what === "update"
      ? "check that this server knows DNS UPDATE (RFC 2136); if it does, report this with its name and version"
      : "report this with the server's name and version",
  ],
  SERVFAIL: ({ what, zone, gss, signer }) =>
    what === "update" && gss
      ? [
          `the server could not do it: Samba answers so when the record's node belongs to another account than ${signer}, or the zone ${zone} is not loaded or not writable`,
          NODE_OWNER,
        ]
      : what === "update"
        ? [
            `the server could not do it: the zone ${zone} is not loaded, its journal or database is not writable, or (Active Directory) the record's node belongs to another account`,
            "look into the name server's log; for a record that a KMS host made in Active Directory, give the account rights on it",
          ]
        : [`the server could not answer, as while the zone ${zone} is not loaded`, "look into the name server's log"],
  NXDOMAIN: ({ zone }) => [`a name that had to exist in ${zone} does not`, "run `pulumi up --refresh` again"],
  NOTIMP: ({ what, zone }) =>
    what === "update"
      ? [
          `the server at that address does not know DNS UPDATE, so it is not the primary of the zone ${zone}`,
          'point "server" at the primary name server of the zone, which its SOA record names, not at a forwarder or proxy',
        ]
      : ["the server does not know this kind of question", 'check that "server" is a DNS server for the zone'],
  REFUSED: (asked) =>
    asked.what === "update"
      ? [
          `the server does not allow this update, which was ${whoSigned(asked)}${asked.gss ? ": Windows answers so when the record's node belongs to another account" : ""}`,
          asked.gss
            ? NODE_OWNER
            : asked.signer
              ? 'allow this key to change the zone or this name (BIND: allow-update or update-policy), or correct auth; PowerDNS answers this way for a wrong key, secret, algorithm or clock too, and a secondary of the zone always: "server" must be the primary'
              : 'give auth with method "tsig" and a key that the zone allows, or allow this address',
        ]
      : [
          `the server does not answer queries about ${asked.zone} from here`,
          'allow this address to query it (BIND: allow-query), or correct "server" and "zone"',
        ],
  YXDOMAIN: () => ["a name exists that must not", "run `pulumi up --refresh` again"],
  YXRRSET: () => ["records exist that did not a moment ago", "run `pulumi up --refresh` again"],
  NXRRSET: () => ["the records are not those that were read a moment ago", "run `pulumi up --refresh` again"],
  NOTAUTH: (asked) => [
    `the server is not authoritative for the zone ${asked.zone}, or does not take the update's signature (it was ${whoSigned(asked)})`,
    `correct "zone" (the zone as the server has it) and "server" (its primary)${asked.signer ? "" : '; Knot answers this way to an update that must be signed: give auth with method "tsig"'}`,
  ],
  BADVERS: () => [
    "the server does not know an EDNS version that it was sent, and none was sent from here",
    "check what stands between here and the name server (a proxy, a forwarder): it adds to what passes",
  ],
  NOTZONE: ({ zone }) => [`the name lies outside the zone ${zone}`, 'correct "zone" or "name"'],
};

/** The server refused with this rcode; `name` is its mnemonic, like "REFUSED". */
export class RcodeError extends DnsError {
  override readonly name: string;
  constructor(
    readonly rcode: number,
    asked: Asked,
  ) {
    const mnemonic = rcodeName(rcode);
    const explain = RCODES[mnemonic] ?? (() => ["the server refused", "look into the name server's log"] as const);
    const [answered, remedy] = explain(asked);
    super("rcode", `${mnemonic}: ${answered}`, remedy);
    this.name = mnemonic;
  }
}

/** The last second that a date can show; a TSIG time has 48 bits. */
const LAST_DATE = 253_402_300_799;

const clock = (seconds: number) =>
  seconds > LAST_DATE ? `${seconds} s after 1970` : new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** "3 min 20 s", as somebody would say it. */
function apartText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const parts = [hours ? `${hours} h` : "", minutes ? `${minutes} min` : "", seconds % 60 ? `${seconds % 60} s` : ""];
  return parts.filter((part) => part !== "").join(" ") || "0 s";
}

export interface TsigRefusal {
  error: number;
  keyName: string;
  algorithm: string;
  /** The time that the request was signed with, seconds since 1970. */
  signedAt: number;
  /** The server's own time, told with BADTIME only. */
  serverTime: number | undefined;
}

function tsigExplanation({ error, keyName, algorithm, signedAt, serverTime }: TsigRefusal): [string, string] {
  switch (tsigErrorName(error)) {
    case "BADKEY":
      return [
        `BADKEY: the server does not know the TSIG key "${keyName}" with ${algorithm}, or does not let it change this zone`,
        "correct auth.keyName and auth.algorithm as the server's key statement has them, or add the key there",
      ];
    case "BADSIG":
      return [
        `BADSIG: the server knows the TSIG key "${keyName}", but its secret is another one`,
        "correct the secret (auth.secret, or tsigSecret of the credential set): the base64 text of the server's key statement",
      ];
    case "BADTIME": {
      const apart =
        serverTime === undefined
          ? `here it is ${clock(signedAt)}, and the server did not tell its own time`
          : `here it is ${clock(signedAt)}, at the server ${clock(serverTime)}: ${apartText(Math.abs(serverTime - signedAt))} apart`;
      return [`BADTIME: the clocks differ too much: ${apart}`, "set both clocks by NTP; TSIG allows 5 minutes"];
    }
    case "BADTRUNC":
      return ["BADTRUNC: the server wants a longer signature", `use a longer algorithm than ${algorithm}`];
    case "BADALG":
      return [`BADALG: the server does not know ${algorithm}`, "use another auth.algorithm"];
    default:
      return [`${tsigErrorName(error)}: the server does not take the signature`, "look into the name server's log"];
  }
}

/** The server refused the signature; `name` is its mnemonic, like "BADKEY". */
export class TsigError extends DnsError {
  override readonly name: string;
  constructor(readonly refusal: TsigRefusal) {
    super("tsig", ...tsigExplanation(refusal));
    this.name = tsigErrorName(refusal.error);
  }
}
