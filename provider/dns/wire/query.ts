import { encodePacket } from "./codec";
import { CLASS } from "./constants";
import type { Message } from "./message";
import { encodeName, sameName } from "./names";

const TYPES = { SRV: 33, SOA: 6, CNAME: 5 } as const;
export type QueryType = keyof typeof TYPES;

/** A query without recursion: what the server itself knows is asked for. */
export function encodeQuery(id: number, name: string, type: QueryType): Buffer {
  encodeName(name);
  return encodePacket({ type: "query", id, flags: 0, questions: [{ type, name, class: "IN" }] });
}

/** Whether this is an answer to that query: somebody else's answer with the same ID is none. */
export function answersQuery(message: Message, name: string, type: QueryType): boolean {
  const [question, more] = message.questions;
  if (!message.response || message.opcode !== 0 || more) return false;
  // A refusal may come without its question (RFC 9619: at most one).
  if (!question) return message.rcode !== 0;
  return question.type === TYPES[type] && question.class === CLASS.IN && sameName(question.name.text, name);
}
