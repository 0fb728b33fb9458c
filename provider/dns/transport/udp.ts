import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { networkText, noAnswer, unreachable } from "./tcpConnection";

/**
 * One query and its answer, from a socket of its own: the port is random, the kernel drops what other addresses send
 * (the socket is connected), and what `accepts` refuses is passed over, so that a forged datagram cannot end the wait.
 */
export function udpExchange<T>(
  to: { address: string; port: number; where: string },
  build: (id: number) => Buffer,
  accepts: (datagram: Buffer, id: number) => T | undefined,
  milliseconds: number,
  signal: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const id = randomInt(0x10000);
    const message = build(id);
    const socket = createSocket(isIPv6(to.address) ? "udp6" : "udp4");
    let done = false;
    const settle = (end: () => void) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.close();
      end();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const onAbort = () => fail(signal.reason instanceof Error ? signal.reason : new Error("cancelled"));
    const timer = setTimeout(() => fail(noAnswer(to.where, "UDP", milliseconds)), milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", (error) => fail(unreachable(to.where, networkText(error))));
    socket.on("message", (datagram) => {
      const answer = accepts(datagram, id);
      if (answer !== undefined) settle(() => resolve(answer));
    });
    socket.connect(to.port, to.address, () => {
      if (!done) socket.send(message);
    });
  });
}
