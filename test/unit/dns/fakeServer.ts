import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { type Message, parseMessage } from "../../../provider/dns/wire/message";
import { encodeSrv, type SrvData } from "../../../provider/dns/wire/srv";
import { type Answer, queryAnswer, soa, updateAnswer, ZONE } from "./messages";

/** What is done with a request: an answer, several, silence, or the end of the connection. */
export type Reply = Buffer | Buffer[] | "silence" | "close" | Promise<Buffer>;
export type Via = "udp" | "tcp";

export interface FakeServer {
  port: number;
  /** Requests as they came, by their way. */
  readonly requests: { via: Via; message: Message; fromPort: number }[];
  readonly connections: number;
  answer: (message: Message, via: Via) => Reply;
  stop(): Promise<void>;
}

/** A name server on loopback, UDP and TCP on one port, whose every answer is the test's. */
export async function startFakeServer(answer: FakeServer["answer"]): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const requests: FakeServer["requests"] = [];
  let connections = 0;
  const take = (bytes: Buffer, via: Via, fromPort: number): Reply => {
    const message = parseMessage(bytes);
    requests.push({ via, message, fromPort });
    return fake.answer(message, via);
  };
  const tcp = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let buffered = Buffer.alloc(0);
    socket.on("data", async (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0);
        const bytes = buffered.subarray(2, end);
        buffered = buffered.subarray(end);
        const reply = take(bytes, "tcp", socket.remotePort ?? 0);
        if (reply === "close") socket.destroy();
        else if (reply instanceof Promise) void reply.then((one) => socket.write(framed(one)));
        else if (reply !== "silence") for (const one of [reply].flat()) socket.write(framed(one));
      }
    });
  });
  const udp = createSocket("udp4");
  udp.on("message", async (bytes, from) => {
    const reply = take(bytes, "udp", from.port);
    if (reply === "silence" || reply === "close") return;
    for (const one of [await reply].flat()) udp.send(one, from.port, from.address);
  });
  const port = await new Promise<number>((resolve, reject) => {
    tcp.once("error", reject);
    udp.once("error", reject);
    tcp.listen(0, "127.0.0.1", () => {
      const address = tcp.address();
      const chosen = address && typeof address === "object" ? address.port : 0;
      udp.bind(chosen, "127.0.0.1", () => resolve(chosen));
    });
  });
  const fake: FakeServer = {
    port,
    requests,
    get connections() {
      return connections;
    },
    answer,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      udp.close();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
  return fake;
}

const framed = (message: Buffer) => Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);

const SRV = 33;
const [IN, NONE] = [1, 254];
const NXRRSET = 8;

/** The SRV records of one name, changed by UPDATE as BIND does it (without signatures). */
export class FakeZone {
  /** RDATA in hex -> TTL. */
  readonly records = new Map<string, number>();
  alias: string | undefined;
  /** False: each record keeps a TTL of its own, as on Samba. */
  ttlOfSet = true;
  /** Ran before each UPDATE is looked at; its answer takes the place of the zone's. */
  before: ((message: Message, zone: FakeZone) => Reply | undefined) | undefined;
  updates = 0;

  put(record: SrvData & { ttl: number }): void {
    this.records.set(encodeSrv(record).toString("hex"), record.ttl);
  }
  remove(record: SrvData): void {
    this.records.delete(encodeSrv(record).toString("hex"));
  }

  readonly answer = (message: Message): Reply => {
    if (message.opcode === 0) return this.query(message);
    this.updates++;
    return this.before?.(message, this) ?? this.apply(message);
  };

  apply(message: Message): Buffer {
    const listed = message.answers.filter((one) => one.class === IN).map(({ rdata }) => rdata.toString("hex"));
    const same = listed.length === this.records.size && listed.every((rdata) => this.records.has(rdata));
    if (message.answers.length > 0 && !same) return updateAnswer(message.id, NXRRSET);
    for (const { class: klass, rdata, ttl } of message.authority) {
      const key = rdata.toString("hex");
      if (klass === NONE) this.records.delete(key);
      else {
        this.records.set(key, ttl);
        if (this.ttlOfSet) for (const other of this.records.keys()) this.records.set(other, ttl);
      }
    }
    return updateAnswer(message.id, 0);
  }

  private query(message: Message): Buffer {
    const name = message.questions[0]?.name.text ?? "";
    const given: Answer = { id: message.id, name };
    if (this.alias) return queryAnswer({ ...given, answers: [{ type: "CNAME", name, ttl: 60, data: this.alias }] });
    if (this.records.size === 0) return queryAnswer({ ...given, rcode: 3, authorities: [soa(ZONE)] });
    const answers = [...this.records].map(([rdata, ttl]) => ({
      type: "NULL" as const,
      name,
      ttl,
      data: Buffer.from(rdata, "hex"),
    }));
    const bytes = queryAnswer({ ...given, answers });
    // dns-packet writes raw RDATA for type NULL only: the right type is put in its place.
    for (const record of parseMessage(bytes).answers) bytes.writeUInt16BE(SRV, record.rdataStart - 10);
    return bytes;
  }
}
