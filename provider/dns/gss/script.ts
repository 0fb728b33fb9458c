import { isIP } from "node:net";
import type { SrvChange } from "../srvChange";
import { encodeName, readName } from "../wire/names";
import type { SrvData, SrvSeen } from "../wire/srv";

/** Octets of SRV RDATA before the target. */
const FIXED = 6;

/**
 * A name as nsupdate reads it, from its wire form: every octet but letters, digits, dash and underscore is written as
 * \DDD, so that no name, whatever a server sent, can end the line or begin another command.
 */
function safeName(wire: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; at < wire.length; ) {
    const length = wire[at] ?? 0;
    if (length === 0) break;
    const label = wire.subarray(at + 1, at + 1 + length);
    labels.push([...label].map(safeOctet).join(""));
    at += 1 + length;
  }
  return `${labels.join(".")}.`;
}

function safeOctet(octet: number): string {
  const character = String.fromCharCode(octet);
  return /[A-Za-z0-9_-]/.test(character) ? character : `\\${String(octet).padStart(3, "0")}`;
}

const given = (name: string) => safeName(readName(encodeName(name), 0).wire);

/** A whole number in its plain form; anything else has no place in a command. */
function plain(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 2 ** 31 - 1)
    throw new RangeError(`${value} is no field of a record`);
  return String(value);
}

const numbers = ({ priority, weight, port }: SrvData) => [priority, weight, port].map(plain).join(" ");
const seen = (record: SrvSeen) => `${numbers(record)} ${safeName(record.rdata.subarray(FIXED))}`;

/** The change in nsupdate's own commands, for its standard input. */
export function nsupdateScript(address: string, port: number, change: SrvChange): string {
  if (!isIP(address)) throw new RangeError("nsupdate is given addresses only");
  const name = given(change.fqdn);
  const lines = [`server ${address} ${plain(port)}`, `zone ${given(change.zone)}`];
  if (change.expected.length === 0) lines.push(`prereq nxrrset ${name} IN SRV`);
  for (const record of change.expected) lines.push(`prereq yxrrset ${name} IN SRV ${seen(record)}`);
  for (const record of change.deletes) lines.push(`update delete ${name} IN SRV ${seen(record)}`);
  const { add } = change;
  if (add) lines.push(`update add ${name} ${plain(add.ttl)} IN SRV ${numbers(add)} ${given(add.target)}`);
  return [...lines, "send", ""].join("\n");
}
