import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";
import { type Message, parseMessage } from "../../../provider/dns/wire/message";

/** What becomes of one request. */
export interface Course {
  /** Port of the server that gets it. */
  to: number;
  /** What it gets instead. */
  request?: Buffer;
  /** Milliseconds before it gets it. */
  afterMs?: number;
  /** What comes back instead of its answer. */
  answer?: (answer: Message) => Buffer;
}

interface Relay {
  port: number;
  stop(): Promise<void>;
}

/** Puts a relay in the way to one server, for the tests around this call, and gives its address; it ends with the test. */
export function relayTo(port: () => number): (course: (request: Message) => Partial<Course>) => Promise<string> {
  let relay: Relay | undefined;
  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
  });
  return async (course) => {
    relay = await startRelay((request) => ({ to: port(), ...course(request) }));
    return `127.0.0.1:${relay.port}`;
  };
}

/** Stands between a client and real servers, over TCP: each request goes the way that the test says. */
async function startRelay(course: (request: Message) => Course): Promise<Relay> {
  const sockets = new Set<Socket>();
  const pass = async (bytes: Buffer): Promise<Buffer> => {
    const { to, request = bytes, afterMs = 0, answer } = course(parseMessage(bytes));
    await sleep(afterMs);
    const answered = await exchange(to, request);
    return answer ? answer(parseMessage(answered)) : answered;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    onFrames(socket, (bytes) => {
      void pass(bytes).then(
        (answer) => socket.writable && socket.write(framed(answer)),
        () => socket.destroy(),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: address && typeof address === "object" ? address.port : 0,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** One message to a server, and its answer, over a connection of their own. */
export function exchange(port: number, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port }, () => void socket.write(framed(message)));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server answered nothing")));
    onFrames(socket, (answer) => {
      resolve(answer);
      socket.destroy();
    });
  });
}

const framed = (message: Buffer) => Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);

function onFrames(socket: Socket, take: (bytes: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      take(Buffer.from(pending.subarray(2, end)));
      pending = pending.subarray(end);
    }
  });
}

/** The message without its last record. */
export function withoutLastRecord({ bytes, additional }: Message): Buffer {
  const cut = Buffer.from(bytes.subarray(0, additional.at(-1)?.start));
  cut.writeUInt16BE(cut.readUInt16BE(10) - 1, 10);
  return cut;
}
