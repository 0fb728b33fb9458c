import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import tls from "node:tls";

export interface PostRequest {
  url: URL;
  headers: { [name: string]: string };
  body: string;
  /** An HTTP proxy that is asked for a tunnel (CONNECT), like http://proxy.contoso.com:8080. */
  proxy: URL | undefined;
  signal: AbortSignal;
}
export interface PostAnswer {
  status: number;
  body: string;
}

/** No answer of the service is near this size. */
const MOST_ANSWER_BYTES = 256 * 1024;

/** The proxy refused the tunnel: nothing has reached the service. */
export class ProxyRefusedError extends Error {
  constructor(readonly status: number) {
    super(`the proxy answered ${status}`);
  }
}

export async function post(request: PostRequest): Promise<PostAnswer> {
  return request.proxy ? throughProxy(request, request.proxy) : direct(request);
}

async function direct({ url, headers, body, signal }: PostRequest): Promise<PostAnswer> {
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks).toString("utf8") };
}

/** node's fetch takes no proxy: the tunnel is made here, and the request runs inside it. */
async function throughProxy(request: PostRequest, proxy: URL): Promise<PostAnswer> {
  const { url, headers, body, signal } = request;
  const secure = url.protocol === "https:";
  const tunnel = await connect(proxy, `${url.hostname}:${url.port || (secure ? 443 : 80)}`, signal);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const socket = secure ? tls.connect({ socket: tunnel, servername: host }) : tunnel;
  return new Promise((resolve, reject) => {
    const options: https.RequestOptions = {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body), connection: "close" },
      signal,
      createConnection: () => socket,
      agent: false,
    };
    const sent = (secure ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_ANSWER_BYTES) response.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function connect(proxy: URL, target: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || 80,
      method: "CONNECT",
      path: target,
      headers: { host: target },
      signal,
      agent: false,
    });
    request.on("connect", (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new ProxyRefusedError(response.statusCode ?? 0));
      }
    });
    request.on("response", (response) => {
      response.resume();
      reject(new ProxyRefusedError(response.statusCode ?? 0));
    });
    request.on("error", reject);
    request.end();
  });
}
