import { Attribute, type BerWriter, Change, Client, Control, type Filter } from "ldapts";
import { DirectoryError } from "../errors";
import { isNoSuchObject, ldapError, loginRefused } from "./errors";
import { connectTrusted, type LdapAddress, type Trust } from "./trust";

export interface LdapLogin {
  user: string;
  password: string;
}

/** One entry: values by the attribute's name in lower case. */
export type LdapEntry = { dn: string; values: ReadonlyMap<string, Buffer[]> };

/** Parts of a security descriptor, as the control below counts them. */
export const SD_PARTS = { owner: 1, group: 2, rights: 4 } as const;
export const DESCRIPTOR = "nTSecurityDescriptor";

/** Milliseconds that one answer may take. */
const ANSWER_MS = 30_000;

/** LDAP_SERVER_SD_FLAGS_OID (MS-ADTS 3.1.1.3.4.1.11): which parts of the descriptor a request is about. */
class SdFlags extends Control {
  constructor(private readonly parts: number) {
    super("1.2.840.113556.1.4.801", { critical: true });
  }
  protected override writeControl(writer: BerWriter): void {
    const sequence = Buffer.from([0x30, 3, 2, 1, this.parts]);
    writer.writeBuffer(sequence, 4);
  }
}

/** A session with a domain controller that has proved who it is, logged in with name and password. */
export class LdapSession {
  private constructor(
    private readonly client: Client,
    private readonly signal: AbortSignal,
    private readonly release: () => void,
  ) {}

  static async open(
    address: LdapAddress,
    trust: Trust,
    { user, password }: LdapLogin,
    signal: AbortSignal,
  ): Promise<LdapSession> {
    // RFC 4513 5.1.2: a name without a password is an anonymous login, which servers accept.
    if (user === "" || password === "") {
      throw new DirectoryError("login", "user or password is empty", "give both");
    }
    const socket = await connectTrusted(address, trust, signal);
    let used = false;
    const client = new Client({
      url: "ldaps://directory",
      timeout: ANSWER_MS,
      // The one socket whose certificate was looked at: a lost connection is an error, never another one.
      createSecureConnection: (() => {
        if (used) throw new DirectoryError("lost", "the connection ended", "run it again");
        used = true;
        return socket;
      }) as unknown as typeof import("node:tls").connect,
    });
    const onAbort = () => socket.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    const session = new LdapSession(client, signal, () => signal.removeEventListener("abort", onAbort));
    try {
      await client.bind(user, password);
      return session;
    } catch (error) {
      await session.close();
      signal.throwIfAborted();
      throw loginRefused(error, user);
    }
  }

  /** The entry itself; undefined where there is none, or none that this account may see. */
  async read(dn: string, attributes: readonly string[], parts?: number): Promise<LdapEntry | undefined> {
    const [entry] = await this.#search(dn, "base", undefined, attributes, parts);
    return entry;
  }

  /** All entries below `base` that the filter fits; none where there is no `base`. */
  find(base: string, filter: Filter, attributes: readonly string[]): Promise<LdapEntry[]> {
    return this.#search(base, "sub", filter, attributes);
  }

  async #search(
    base: string,
    scope: "base" | "sub",
    filter: Filter | undefined,
    attributes: readonly string[],
    parts?: number,
  ): Promise<LdapEntry[]> {
    const options = { scope, attributes: [...attributes], explicitBufferAttributes: [...attributes] };
    try {
      const found = await this.client.search(
        base,
        filter ? { ...options, filter } : options,
        parts === undefined ? [] : [new SdFlags(parts)],
      );
      return found.searchEntries.map(entryOf);
    } catch (error) {
      if (isNoSuchObject(error)) return [];
      throw this.#explained(error);
    }
  }

  /** The rights of the descriptor and no other part of it. */
  async writeRights(dn: string, descriptor: Buffer): Promise<void> {
    const modification = new Attribute({ type: DESCRIPTOR, values: [descriptor] });
    try {
      await this.client.modify(dn, new Change({ operation: "replace", modification }), [new SdFlags(SD_PARTS.rights)]);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  async close(): Promise<void> {
    this.release();
    await this.client.unbind().catch(() => {});
  }

  #explained(error: unknown): DirectoryError {
    this.signal.throwIfAborted();
    return ldapError(error);
  }
}

function entryOf(entry: { dn: string; [attribute: string]: unknown }): LdapEntry {
  const values = new Map<string, Buffer[]>();
  for (const [name, value] of Object.entries(entry)) {
    const list = [value].flat().filter((one) => Buffer.isBuffer(one));
    if (name !== "dn" && list.length > 0) values.set(name.toLowerCase(), list);
  }
  return { dn: entry.dn, values };
}

/** The first value of an attribute as text. */
export const textOf = ({ values }: LdapEntry, attribute: string): string | undefined =>
  values.get(attribute.toLowerCase())?.[0]?.toString("utf8");

/** All values of an attribute as texts. */
export const textsOf = ({ values }: LdapEntry, attribute: string): string[] =>
  (values.get(attribute.toLowerCase()) ?? []).map((value) => value.toString("utf8"));
