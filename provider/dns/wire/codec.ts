import * as dnsPacket from "dns-packet";

interface Codec<T> {
  encode(value: T): Buffer;
}

/** The parts of dns-packet that are used: all encoders, after validation. Its type declarations leave these two out. */
const parts = dnsPacket as unknown as {
  name: Codec<string>;
  srv: Codec<{ priority: number; weight: number; port: number; target: string }>;
};

/** Writes a name without compression. Checks nothing: a long label becomes a compression pointer. */
export const encodeCheckedName = (name: string): Buffer => parts.name.encode(name);

/** SRV RDATA without its length octets. */
export const encodeSrvRdata = (srv: { priority: number; weight: number; port: number; target: string }): Buffer =>
  parts.srv.encode(srv).subarray(2);

export const encodePacket = (packet: dnsPacket.Packet): Buffer => dnsPacket.encode(packet);
