import { TYPE } from "./wire/constants";
import { encodeSrv, type SrvData, type SrvSeen } from "./wire/srv";
import { addRecord, deleteRecord, setIs, setIsAbsent, type UpdateMessage } from "./wire/update";

/** One change to a set of SRV records, done as a whole or not at all. */
export interface SrvChange {
  zone: string;
  /** The records' whole name. */
  fqdn: string;
  /** The set as it was read: the change is done only if it still is so. */
  expected: readonly SrvSeen[];
  deletes: readonly SrvSeen[];
  add: (SrvData & { ttl: number }) | undefined;
}

/** What is known of a change that the server did not refuse. */
export interface Sent {
  /**
   * False where the answer does not prove that it comes from the server, which with GSS-TSIG is the rule on Samba and
   * happens on Windows: then only reading back tells.
   */
  verified: boolean;
}

/** The UPDATE of RFC 2136: prerequisites first, then delete and add together. */
export function encodeChange({ zone, fqdn, expected, deletes, add }: SrvChange): UpdateMessage {
  const updates = deletes.map(({ rdata }) => deleteRecord(fqdn, TYPE.SRV, rdata));
  if (add) updates.push(addRecord(fqdn, TYPE.SRV, add.ttl, encodeSrv(add)));
  const rdatas = expected.map(({ rdata }) => rdata);
  const prerequisites = rdatas.length ? setIs(fqdn, TYPE.SRV, rdatas) : [setIsAbsent(fqdn, TYPE.SRV)];
  return { zone, prerequisites, updates };
}
