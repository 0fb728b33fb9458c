import { DnsError, MalformedError, RcodeError } from "./errors";
import type { DnsNetwork } from "./network";
import type { Signer } from "./signer";
import { type ServerAddress, serverText } from "./transport/address";
import { udpExchange } from "./transport/udp";
import { HEADER, OPCODE, RCODE } from "./wire/constants";
import { type Message, parseMessage } from "./wire/message";
import { answersQuery, encodeQuery, type QueryType } from "./wire/query";
import { encodeUpdate, type UpdateMessage } from "./wire/update";

/** Milliseconds that a UDP query waits, attempt by attempt; then TCP is tried. */
const UDP_ATTEMPTS = [700, 1500] as const;

/** One name server. Addresses of its name are tried one after another. */
export class DnsClient {
  /** "ns1.contoso.com:53". */
  readonly where: string;

  constructor(
    private readonly network: DnsNetwork,
    server: ServerAddress,
    private readonly addresses: readonly string[],
  ) {
    this.where = serverText(server);
    this.port = server.port;
  }
  private readonly port: number;

  /**
   * Asks over the connection that is open, else over UDP, then over TCP when the answer is too long or none comes. The
   * rcode is the caller's to judge.
   */
  async query(name: string, type: QueryType, signal: AbortSignal): Promise<Message> {
    const build = (id: number) => encodeQuery(id, name, type);
    const accepts = (datagram: Buffer, id: number): Message | undefined => {
      if (datagram.length < HEADER || datagram.readUInt16BE(0) !== id) return undefined;
      // A datagram that is cut off says so in its header, and may be cut anywhere.
      if ((datagram[2] ?? 0) & 0x02) return TRUNCATED;
      try {
        const message = parseMessage(datagram);
        return answersQuery(message, name, type) ? message : undefined;
      } catch {
        return undefined;
      }
    };
    return this.eachAddress(async (address) => {
      // What has just carried an update carries the read-back too: quicker, and surely the same server.
      if (this.tcp(address).warm) {
        const answer = await this.overTcp(address, name, type, build, signal).catch((error: unknown) => {
          if (!(error instanceof DnsError)) throw error;
        });
        if (answer) return answer;
      }
      const answer = await this.overUdp(address, build, accepts, signal);
      if (answer && answer !== TRUNCATED) return answer;
      return this.overTcp(address, name, type, build, signal);
    });
  }

  /** The same question, signed: for servers that answer only to key holders. */
  async signedQuery(
    name: string,
    type: QueryType,
    zone: string,
    signer: Signer,
    signal: AbortSignal,
  ): Promise<Message> {
    return this.eachAddress(async (address) => {
      const answer = await this.signedExchange(address, (id) => encodeQuery(id, name, type), signer, signal, true);
      if (!answersQuery(answer, name, type)) throw new MalformedError("it answers another question");
      if (answer.rcode === RCODE.NOERROR || answer.rcode === RCODE.NXDOMAIN) return answer;
      throw new RcodeError(answer.rcode, { what: "query", zone, signer: signer.description });
    });
  }

  /** Sends one UPDATE over TCP. Returns on a proved NOERROR; throws everything else. */
  async update(update: UpdateMessage, signer: Signer | undefined, signal: AbortSignal): Promise<void> {
    await this.eachAddress(async (address) => {
      const build = (id: number) => encodeUpdate(id, update);
      const answer = await this.signedExchange(address, build, signer, signal, false);
      if (!answer.response || answer.opcode !== OPCODE.UPDATE) throw new MalformedError("it is no answer to an UPDATE");
      if (answer.rcode === RCODE.NOERROR) return;
      const asked = { what: "update" as const, zone: update.zone, signer: signer?.description };
      throw new RcodeError(answer.rcode, asked);
    });
  }

  /** Work of another program at this server, like nsupdate's: at the first address that it can reach. */
  elsewhere<T>(work: (address: string, port: number) => Promise<T>): Promise<T> {
    return this.eachAddress((address) => work(address, this.port));
  }

  private async overUdp(
    address: string,
    build: (id: number) => Buffer,
    accepts: (datagram: Buffer, id: number) => Message | undefined,
    signal: AbortSignal,
  ): Promise<Message | undefined> {
    const to = { address, port: this.port, where: this.where };
    const letGo = await this.network.sockets.take(signal);
    try {
      for (const milliseconds of UDP_ATTEMPTS) {
        try {
          return await udpExchange(to, build, accepts, milliseconds, signal);
        } catch (error) {
          if (!(error instanceof DnsError)) throw error;
          if (error.kind === "unreachable") return undefined;
        }
      }
      return undefined;
    } finally {
      letGo();
    }
  }

  private async overTcp(
    address: string,
    name: string,
    type: QueryType,
    build: (id: number) => Buffer,
    signal: AbortSignal,
  ): Promise<Message> {
    const answer = parseMessage(await this.tcp(address).exchange(build, signal, true));
    if (!answersQuery(answer, name, type)) throw new MalformedError("it answers another question");
    return answer;
  }

  private async signedExchange(
    address: string,
    build: (id: number) => Buffer,
    signer: Signer | undefined,
    signal: AbortSignal,
    again: boolean,
  ): Promise<Message> {
    let verify: ((answer: Message) => void) | undefined;
    const signed = (id: number) => {
      const message = build(id);
      if (!signer) return message;
      const request = signer.sign(message);
      verify = (answer) => request.verify(answer);
      return request.bytes;
    };
    const answer = parseMessage(await this.tcp(address).exchange(signed, signal, again));
    verify?.(answer);
    return answer;
  }

  private tcp(address: string) {
    return this.network.tcp(address, this.port, this.where);
  }

  /** Only a server that could not be reached is passed over: what was sent once is not sent to another address. */
  private async eachAddress<T>(work: (address: string) => Promise<T>): Promise<T> {
    let last: unknown;
    for (const address of this.addresses) {
      try {
        return await work(address);
      } catch (error) {
        if (!(error instanceof DnsError && error.kind === "unreachable")) throw error;
        last = error;
      }
    }
    throw last;
  }
}

/** Stands for an answer that was cut off; only its identity matters. */
const TRUNCATED: Message = {
  bytes: Buffer.alloc(0),
  id: 0,
  response: true,
  opcode: OPCODE.QUERY,
  authoritative: false,
  truncated: true,
  rcode: 0,
  questions: [],
  answers: [],
  authority: [],
  additional: [],
};
