/** An address that activation reaches out to. */
export interface ActivationUrl {
  /** As the source writes it; a "*" stands for any path. */
  url: string;
  /** What is fetched or sent there. */
  purpose: "links" | "sign-in" | "activation" | "validation" | "certificates" | "store licences";
  /** "guide": deployment guide of 2009, for Windows 7 and Server 2008 R2. "current": Microsoft's list for today's Windows. */
  list: "guide" | "current";
}

/** Where the lists stand. */
export const ACTIVATION_URL_SOURCES: { readonly [list in ActivationUrl["list"]]: string } = {
  guide: "Windows Volume Activation Deployment Guide (2009), activating MAK clients through a proxy server",
  current: "Microsoft support article on error 0x8004FE33, activation or validation through a proxy server",
};

const of = (list: ActivationUrl["list"], purpose: ActivationUrl["purpose"], ...urls: string[]): ActivationUrl[] =>
  urls.map((url) => ({ url, purpose, list }));

/**
 * What a proxy server must let through without asking for a user name, and a firewall too, where machines activate over
 * the Internet (KMS hosts, MAK). KMS clients need none of it. The certificate lists are fetched by plain HTTP.
 */
export const activationUrls: readonly ActivationUrl[] = [
  ...of("guide", "links", "http://go.microsoft.com/*"),
  ...of("guide", "activation", "https://sls.microsoft.com/*", "https://sls.microsoft.com:443"),
  ...of(
    "guide",
    "certificates",
    "http://crl.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl",
    "http://crl.microsoft.com/pki/crl/products/MicrosoftProductSecureCommunications.crl",
    "http://www.microsoft.com/pki/crl/products/MicrosoftProductSecureCommunications.crl",
    "http://crl.microsoft.com/pki/crl/products/MicrosoftProductSecureServer.crl",
    "http://www.microsoft.com/pki/crl/products/MicrosoftProductSecureServer.crl",
  ),
  ...of("current", "links", "https://go.microsoft.com/", "http://go.microsoft.com/"),
  ...of("current", "sign-in", "https://login.live.com"),
  ...of("current", "activation", "https://activation.sls.microsoft.com/", "https://activation-v2.sls.microsoft.com/"),
  ...of("current", "certificates", "http://crl.microsoft.com/pki/crl/products/MicProSecSerCA_2007-12-04.crl"),
  ...of("current", "validation", "https://validation.sls.microsoft.com/", "https://validation-v2.sls.microsoft.com/"),
  ...of(
    "current",
    "store licences",
    "https://displaycatalog.mp.microsoft.com/",
    "https://licensing.mp.microsoft.com/",
    "https://purchase.mp.microsoft.com/",
    "https://displaycatalog.md.mp.microsoft.com/",
    "https://licensing.md.mp.microsoft.com/",
    "https://purchase.md.mp.microsoft.com/",
  ),
];

/** Host names and ports of URLs, each once: what a firewall or a proxy's exclusion list of hosts is written in. */
export function activationEndpoints(urls: readonly ActivationUrl[] = activationUrls): { host: string; port: number }[] {
  const found = new Map<string, { host: string; port: number }>();
  for (const { url } of urls) {
    const { hostname, port, protocol } = new URL(url);
    const endpoint = { host: hostname, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
    found.set(`${endpoint.host}:${endpoint.port}`, endpoint);
  }
  return [...found.values()];
}
