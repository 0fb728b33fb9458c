import { Resolver } from "node:dns/promises";
import { quote } from "../checks/index";
import { DnsError } from "./errors";
import { DNS_PORT, type ServerAddress } from "./transport/address";

/** The part of node:dns that is used here. */
export interface SoaSource {
  resolveSoa(zone: string): Promise<{ nsname: string }>;
  cancel(): void;
}

const ANSWERS: { readonly [code: string]: string } = {
  ENOTFOUND: "there is no such zone, as this system's resolver sees it",
  ENODATA: "the name exists, but no zone begins there",
  ETIMEOUT: "this system's resolver does not answer",
  ECONNREFUSED: "this system has no resolver that answers",
  ESERVFAIL: "this system's resolver could not find out (SERVFAIL)",
  EREFUSED: "this system's resolver refuses to answer",
};

/** The server that the zone's SOA record names as its primary (MNAME, RFC 2136 4.3), found by the system's resolver. */
export async function findPrimary(
  zone: string,
  signal: AbortSignal,
  source: SoaSource = new Resolver({ timeout: 2000, tries: 2 }),
): Promise<ServerAddress> {
  const onAbort = () => source.cancel();
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { nsname } = await source.resolveSoa(zone);
    if (nsname === "" || nsname === ".") throw noPrimary(zone, "its SOA record names no primary");
    return { host: nsname.replace(/\.$/, "").toLowerCase(), port: DNS_PORT };
  } catch (error) {
    if (error instanceof DnsError) throw error;
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw noPrimary(zone, (code && ANSWERS[code]) ?? message);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

const noPrimary = (zone: string, why: string): DnsError =>
  new DnsError(
    "noPrimary",
    `the primary name server of the zone ${quote(zone)} could not be found by its SOA record: ${why}`,
    'give "server" (the primary\'s name or address), or correct "zone"',
  );
