import { MalformedError } from "../errors";
import { encodeSrvRdata } from "./codec";
import type { Message, ResourceRecord } from "./message";
import { encodeName, readName } from "./names";

/** Data of an SRV record (RFC 2782). */
export interface SrvData {
  priority: number;
  weight: number;
  port: number;
  /** Without the final dot. */
  target: string;
}

/** An SRV record as a server has it. */
export interface SrvSeen extends SrvData {
  ttl: number;
  /** The RDATA exactly as it is stored there (uncompressed): what deletes and prerequisites must repeat. */
  rdata: Buffer;
}

/** Priority, weight, port: before the target. */
const FIXED = 6;

/** RDATA of a record to be added. The target is never compressed (RFC 2782). */
export function encodeSrv(data: SrvData): Buffer {
  encodeName(data.target);
  return encodeSrvRdata({ ...data, target: data.target.replace(/\.$/, "") });
}

export function readSrv({ bytes }: Message, record: ResourceRecord): SrvSeen {
  const { rdata, rdataStart, end, ttl } = record;
  if (rdata.length < FIXED + 1) throw new MalformedError("an SRV record is too short");
  const target = readName(bytes, rdataStart + FIXED);
  if (target.end !== end) throw new MalformedError("an SRV record's target does not end with the record");
  return {
    priority: rdata.readUInt16BE(0),
    weight: rdata.readUInt16BE(2),
    port: rdata.readUInt16BE(4),
    target: target.text,
    ttl,
    rdata: Buffer.concat([rdata.subarray(0, FIXED), target.wire]),
  };
}

/** "0 0 1688 kms01.contoso.com", in the order of zone files. */
export const srvText = ({ priority, weight, port, target }: SrvData): string =>
  `${priority} ${weight} ${port} ${target}`;
