import type { TsigKey } from "../../../lab/dns/tsig";
import { readAnswer, signRequest } from "../../../lab/dns/tsig";
import { CLASS } from "../../../lab/dns/wire/constants";
import { formatMessage, parseMessage, recordBytes } from "../../../lab/dns/wire/message";
import { readRdata } from "../../../lab/dns/wire/rdata";
import type { Lab, NetworkSpec, UpdateRight } from "../../../lab/index";

export const ZONE = "contoso.com";
export const NODE = `_vlmcs._tcp.${ZONE}`;

export function networkWith(allowUpdate: UpdateRight[], more: Partial<NetworkSpec> = {}): NetworkSpec {
  return {
    name: "dns",
    domain: ZONE,
    zones: [{ name: ZONE, allowUpdate }],
    machines: [{ name: "kms01", os: "ws2022", address: "10.0.0.10" }],
    ...more,
  };
}

export const RCODES = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
];

/** Shorthand for the records of an update. */
export const rr = {
  add: (name: string, type: string, data: string, ttl = 3600) => recordBytes({ name, type, ttl, data }),
  deleteOne: (name: string, type: string, data: string) => recordBytes({ name, type, ttl: 0, data }, CLASS.NONE),
  deleteSet: (name: string, type: string) => recordBytes({ name, type, ttl: 0, data: null }, CLASS.ANY),
  deleteName: (name: string) => recordBytes({ name, type: "ANY", ttl: 0, data: null }, CLASS.ANY),
  isSet: (name: string, type: string, data: string) => recordBytes({ name, type, ttl: 0, data }),
  setExists: (name: string, type: string) => recordBytes({ name, type, ttl: 0, data: null }, CLASS.ANY),
  noSet: (name: string, type: string) => recordBytes({ name, type, ttl: 0, data: null }, CLASS.NONE),
  inUse: (name: string) => recordBytes({ name, type: "ANY", ttl: 0, data: null }, CLASS.ANY),
  free: (name: string) => recordBytes({ name, type: "ANY", ttl: 0, data: null }, CLASS.NONE),
};

let nextId = 1;

export function updateMessage(prerequisites: Buffer[], updates: Buffer[], zone = ZONE): Buffer {
  return formatMessage({
    id: nextId++ & 0xffff,
    flags: 5 << 11,
    questions: [{ name: zone, type: "SOA", klass: CLASS.IN }],
    answers: prerequisites,
    authorities: updates,
    additionals: [],
  });
}

export function queryMessage(name: string, type: string, additionals: Buffer[] = []): Buffer {
  const questions = [{ name, type, klass: CLASS.IN }];
  return formatMessage({ id: nextId++ & 0xffff, flags: 0x0100, questions, answers: [], authorities: [], additionals });
}

export function answerTo(lab: Lab, packet: Buffer, transport: "udp" | "tcp" = "tcp"): Buffer {
  const answer = lab.dns.answer(packet, transport);
  if (!answer) throw new Error("no answer");
  return answer;
}

export function rcodeOf(answer: Buffer): string {
  return RCODES[answer.readUInt16BE(2) & 15] ?? "?";
}

/** A signed update; the name of its rcode. The answer must be signed and right. */
export function update(lab: Lab, updates: Buffer[], prerequisites: Buffer[] = [], zone = ZONE): string {
  const { answer, tsig } = signed(lab, updateMessage(prerequisites, updates, zone));
  if (!tsig?.valid) throw new Error("the answer is not signed as it must be");
  return rcodeOf(answer);
}

export function signed(lab: Lab, message: Buffer, key: TsigKey = lab.dns.tsig, at = Date.now()) {
  const { packet, mac } = signRequest(message, key, Math.floor(at / 1000));
  const answer = answerTo(lab, packet);
  const parsed = parseMessage(answer);
  return { answer, parsed, tsig: readAnswer(answer, parsed, key, mac), mac, packet };
}

/** "TTL DATA" of a set, sorted, as a question gets it. */
export function ask(lab: Lab, name: string, type: string): string[] {
  const answer = answerTo(lab, queryMessage(name, type));
  return parseMessage(answer)
    .answers.map((one) => `${one.ttl} ${readRdata(one.type, answer, one.dataAt, one.dataLength)}`)
    .sort();
}

export function serial(lab: Lab, zone = ZONE): number {
  return Number(ask(lab, zone, "SOA")[0]?.split(" ")[3]);
}
