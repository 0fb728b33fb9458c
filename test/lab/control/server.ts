import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { ChangeRefused } from "../changes/words";
import type { DnsFaults } from "../dns/faults";
import { DNS_NAME, type Lab } from "../lab";
import type { Faults } from "../machine/faults";
import { dnsFaultsSchema, faultsSchema } from "./faults";

export interface ControlAddress {
  url: string;
  token: string;
}
export interface ControlServer {
  address: ControlAddress;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;

type Action = (lab: Lab, body: unknown) => unknown | Promise<unknown>;

const onMachine = z.object({ machine: z.string() });
const isDns = (name: string) => name.toLowerCase() === DNS_NAME;

const ACTIONS: Record<string, Action> = {
  ping: (lab) => ({ network: lab.network.name, clockFactor: lab.clockFactor, now: lab.now().toISOString() }),
  state: (lab, body) => {
    const { machine } = onMachine.parse(body);
    return isDns(machine) ? lab.dns.describe() : lab.state(machine);
  },
  change: (lab, body) => {
    const { machine, words } = onMachine.extend({ words: z.array(z.string()).min(1) }).parse(body);
    return lab.change(machine, words);
  },
  fault: (lab, body) => {
    const { machine } = onMachine.parse(body);
    if (isDns(machine)) {
      return lab.dns.fault(z.object({ faults: dnsFaultsSchema }).parse(body).faults as Partial<DnsFaults>);
    }
    const { faults } = z.object({ faults: faultsSchema }).parse(body);
    return lab.fault(machine, faults as Partial<Faults>);
  },
  phone: (lab, body) => ({ confirmationId: lab.phone(onMachine.parse(body).machine) }),
  ledger: (lab) => ({ entries: lab.ledger(), balances: lab.balances() }),
  reset: async (lab) => {
    await lab.reset();
    return {};
  },
};

/** HTTP on loopback, for who knows the token: `POST /ACTION` with JSON, JSON back. */
export async function startControl(lab: Lab, stop: () => void): Promise<ControlServer> {
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => {
    answer(lab, stop, token, request, response).catch((error: unknown) => {
      reply(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    address: { url: `http://127.0.0.1:${port}`, token },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(
  lab: Lab,
  stop: () => void,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!authorized(request, token))
    return reply(response, 401, { error: "The token of the lab's control is missing or wrong." });
  const name = (request.url ?? "").slice(1);
  if (request.method !== "POST") return reply(response, 405, { error: "The lab's control takes POST only." });
  const body = await readBody(request);
  if (name === "stop") {
    reply(response, 200, {});
    stop();
    return;
  }
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) return reply(response, 404, { error: `The lab's control has no action "${name}".` });
  try {
    reply(response, 200, await action(lab, body));
  } catch (error) {
    if (error instanceof ChangeRefused) return reply(response, 422, { error: error.message });
    if (error instanceof z.ZodError) return reply(response, 400, { error: z.prettifyError(error) });
    throw error;
  }
}

function authorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    const chunk = Buffer.from(part);
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error("The request to the lab's control is too long.");
    parts.push(chunk);
  }
  const text = Buffer.concat(parts).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}
