import type { DnsFaults } from "./faults";
import { answerQuestion } from "./query";
import { type TsigKey, type Verified, verifyRequest } from "./tsig";
import { processUpdate, type Sender } from "./update";
import { CLASS, OPCODE, RCODE } from "./wire/constants";
import {
  FLAG,
  formatMessage,
  type Message,
  type OutMessage,
  opcodeOf,
  parseMessage,
  recordBytes,
} from "./wire/message";
import { DnsFormatError } from "./wire/names";
import type { Zone } from "./zone";

const HEADER_BYTES = 12;
const PLAIN_UDP_BYTES = 512;
const OUR_UDP_BYTES = 1232;
/** An EDNS version that the server does not know; only an OPT record can say so. */
const BADVERS = 16;

export interface ResponderOptions {
  zones(): readonly Zone[];
  keys(): readonly TsigKey[];
  faults: DnsFaults;
  /** Milliseconds since 1970, real time: signatures know nothing of the lab's clock. */
  now(): number;
  /** Called after an update was taken. */
  changed(): void;
}

/** One packet in, one packet out; null where a server stays silent. Knows nothing of sockets. */
export class Responder {
  constructor(private readonly options: ResponderOptions) {}

  answer(packet: Buffer, transport: "udp" | "tcp"): Buffer | null {
    if (packet.length < HEADER_BYTES) return null;
    const flags = packet.readUInt16BE(2);
    // An answer is never answered: two servers would go on for ever.
    if (flags & FLAG.response) return null;
    try {
      const message = parseMessage(packet);
      const now = this.options.now() + this.options.faults.clockMinutes * 60_000;
      const verified = verifyRequest(packet, message, this.options.keys(), Math.floor(now / 1000));
      return this.#signed(packet, message, verified, transport);
    } catch (error) {
      if (error instanceof DnsFormatError) return headerOnly(packet, RCODE.FORMERR);
      return headerOnly(packet, RCODE.SERVFAIL);
    }
  }

  #signed(packet: Buffer, message: Message, verified: Verified, transport: "udp" | "tcp"): Buffer {
    const edns = message.additionals.find(({ type }) => type === "OPT");
    const unknownVersion = edns !== undefined && ((edns.ttl >>> 16) & 0xff) !== 0;
    const answer = unknownVersion ? reply(message, RCODE.NOERROR) : this.#outMessage(packet, message, verified);
    // The upper bits of the rcode are those of the OPT record's TTL (RFC 6891 6.1.3).
    const ttl = unknownVersion ? (BADVERS >> 4) << 24 : 0;
    if (edns) answer.additionals.push(recordBytes({ name: ".", type: "OPT", ttl, data: null }, OUR_UDP_BYTES));
    const whole = verified.sign(formatMessage(answer));
    const limit = edns ? Math.min(Math.max(edns.klass, PLAIN_UDP_BYTES), OUR_UDP_BYTES) : PLAIN_UDP_BYTES;
    if (transport === "tcp" || whole.length <= limit) return whole;
    const cut = { ...answer, flags: answer.flags | FLAG.truncated, answers: [], authorities: [], additionals: [] };
    return verified.sign(formatMessage(cut));
  }

  #outMessage(packet: Buffer, message: Message, verified: Verified): OutMessage {
    const { faults } = this.options;
    if (faults.refuse) return reply(message, RCODE.REFUSED);
    if (verified.kind === "refused") return reply(message, verified.rcode);
    if (message.opcode === OPCODE.update) return reply(message, this.#update(packet, message, verified));
    if (message.opcode !== OPCODE.query) return reply(message, RCODE.NOTIMP);
    const [question] = message.questions;
    if (!question || message.questions.length !== 1) return reply(message, RCODE.FORMERR);
    const found = answerQuestion(this.options.zones(), question);
    return {
      ...reply(message, found.rcode, found.authoritative),
      answers: found.answers.map((record) => recordBytes(record, CLASS.IN)),
      authorities: found.authorities.map((record) => recordBytes(record, CLASS.IN)),
      additionals: found.additionals.map((record) => recordBytes(record, CLASS.IN)),
    };
  }

  #update(packet: Buffer, message: Message, verified: Verified) {
    const sender: Sender = verified.kind === "signed" ? { kind: "key", keyName: verified.keyName } : { kind: "nobody" };
    const rcode = processUpdate(packet, message, this.options.zones(), sender, this.options.faults.lie);
    if (rcode === RCODE.NOERROR) this.options.changed();
    return rcode;
  }
}

/** The answer's header and question, or the zone section of an update, without any record. */
function reply(message: Message, rcode: number, authoritative = false): OutMessage {
  const kept = message.flags & ((15 << 11) | FLAG.recursionDesired);
  return {
    id: message.id,
    flags: FLAG.response | kept | (authoritative ? FLAG.authoritative : 0) | rcode,
    questions: message.questions,
    answers: [],
    authorities: [],
    additionals: [],
  };
}

/** For a message that cannot be read. */
function headerOnly(packet: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(packet.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAG.response | (opcodeOf(packet.readUInt16BE(2)) << 11) | rcode, 2);
  return header;
}
