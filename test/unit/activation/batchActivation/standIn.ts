import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";

/** Made up for the tests; the service's own constant is checked against once, in the request's test. */
export const MAC_KEY = "0F".repeat(32);

export interface Asked {
  type: string;
  productKeyId: string;
  installationId: string | undefined;
}

/** What the stand-in answers: an inner document, a status, or nothing but a closed line. */
export type Reply = { inner: string } | { status: number } | { raw: string } | "hang up" | "silence";

const RESPONSE = "http://www.microsoft.com/DRM/SL/BatchActivationResponse/1.0";
const inner = (type: number, members: string) =>
  `<?xml version="1.0" encoding="utf-16"?><ActivationResponse xmlns="${RESPONSE}"><VersionNumber>2.0</VersionNumber>` +
  `<ResponseType>${type}</ResponseType><Responses><Response>${members}</Response></Responses></ActivationResponse>`;

export const confirmed = (id: string): Reply => ({ inner: inner(1, `<PID>x</PID><CID>${id}</CID>`) });
export const remaining = (count: number): Reply => ({
  inner: inner(2, `<PID>x</PID><ActivationRemaining>${count}</ActivationRemaining>`),
});
export const refused = (code: string, type = 1): Reply => ({ inner: inner(type, `<ErrorCode>${code}</ErrorCode>`) });

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
export const envelope = (responseXml: string) =>
  '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>' +
  '<BatchActivateResponse xmlns="http://www.microsoft.com/BatchActivationService"><BatchActivateResult>' +
  `<ResponseXml>${escaped(responseXml)}</ResponseXml></BatchActivateResult></BatchActivateResponse></soap:Body></soap:Envelope>`;

/** Stands in for Microsoft's web service: takes only what is exactly right, and notes what was wrong. */
export class StandIn {
  readonly asked: Asked[] = [];
  readonly complaints: string[] = [];
  /** What it answers next, in this order. */
  readonly replies: Reply[] = [];
  /** What it answers when none is waiting. */
  otherwise: (asked: Asked) => Reply = () => ({ status: 500 });
  readonly tunnels: string[] = [];
  /** What the stand-in's proxy answers to CONNECT. */
  proxyStatus = 200;
  private readonly server: Server;

  /** With a certificate it speaks https. */
  constructor(
    private readonly macKey = MAC_KEY,
    private readonly tls?: { certificate: string; key: string },
  ) {
    const answer: RequestListener = (request, response) => {
      void body(request).then((text) => {
        const asked = this.judge(request, text);
        const reply = asked ? (this.replies.shift() ?? this.otherwise(asked)) : { status: 400 };
        if (reply === "hang up") request.socket.destroy();
        else if (reply === "silence") return;
        else if ("status" in reply) response.writeHead(reply.status).end("<html>no</html>");
        else response.end("raw" in reply ? reply.raw : envelope(reply.inner));
      });
    };
    this.server = tls ? createSecureServer({ cert: tls.certificate, key: tls.key }, answer) : createServer(answer);
    this.server.on("connect", (request, socket) => {
      this.tunnels.push(request.url ?? "");
      if (this.proxyStatus !== 200) {
        socket.end(`HTTP/1.1 ${this.proxyStatus} No\r\n\r\n`);
        return;
      }
      const { port } = new URL(`http://${request.url}`);
      const onward = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) end.on("error", () => end.destroy());
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get endpoint(): string {
    return `${this.tls ? "https" : "http"}://127.0.0.1:${this.port}/BatchActivation.asmx`;
  }
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private judge(request: IncomingMessage, text: string): Asked | undefined {
    const wrong = (what: string) => {
      this.complaints.push(what);
      return undefined;
    };
    const { headers } = request;
    if (request.method !== "POST") return wrong("method");
    if (headers["content-type"] !== 'text/xml; charset="utf-8"') return wrong("content type");
    if (headers["soapaction"] !== "http://www.microsoft.com/BatchActivationService/BatchActivate")
      return wrong("action");
    const outer =
      /^<\?xml version="1\.0" encoding="utf-8"\?><soap:Envelope xmlns:soap="http:\/\/schemas\.xmlsoap\.org\/soap\/envelope\/"><soap:Body><BatchActivate xmlns="http:\/\/www\.microsoft\.com\/BatchActivationService"><request><Digest>([^<]+)<\/Digest><RequestXml>([^<]+)<\/RequestXml><\/request><\/BatchActivate><\/soap:Body><\/soap:Envelope>$/.exec(
        text,
      );
    if (!outer) return wrong("envelope");
    const [, digest = "", encoded = ""] = outer;
    const bytes = Buffer.from(encoded, "base64");
    const mac = createHmac("sha256", Buffer.from(this.macKey + "00".repeat(32), "hex"))
      .update(bytes)
      .digest("base64");
    if (mac !== digest) return wrong("digest");
    const request1 =
      /^<ActivationRequest xmlns="http:\/\/www\.microsoft\.com\/DRM\/SL\/BatchActivationRequest\/1\.0"><VersionNumber>2\.0<\/VersionNumber><RequestType>([12])<\/RequestType><Requests><Request><PID>([^<]+)<\/PID>(?:<IID>([0-9]+)<\/IID>)?<\/Request><\/Requests><\/ActivationRequest>$/.exec(
        bytes.toString("utf16le"),
      );
    if (!request1) return wrong("inner document");
    const [, type = "", productKeyId = "", installationId] = request1;
    if ((type === "1") !== (installationId !== undefined)) return wrong("type and ids");
    const asked = { type, productKeyId, installationId };
    this.asked.push(asked);
    return asked;
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
