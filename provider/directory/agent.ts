import type { MachineSession } from "../machine/session";
import { AgentFailure } from "../machine/session";
import type { Account, Directory, FoundNode } from "./directory";
import { DescriptorChanged, DirectoryError } from "./errors";

/** One mutex for all writers of permissions on a machine. */
const MUTEX = { name: "pulumi-volume-activation-directory", waitMs: 30_000 };
/** ERROR_TIMEOUT and ERROR_DS_SERVER_DOWN, by which the agent tells that the directory's answer did not come. */
const UNANSWERED = new Set(["0x800705B4", "0x8007203A"]);
/** ERROR_NONE_MAPPED: no account of that name, or of that SID. */
const NONE_MAPPED = "0x80070534";

/** Active Directory as a machine of the domain sees it, with the login of its session. Failures are AgentFailure too. */
export class AgentDirectory implements Directory {
  constructor(private readonly session: MachineSession) {}

  async findNode(zone: string, name: string): Promise<FoundNode> {
    const { server, zones, node } = await this.session.call("directory.node", { zone, name });
    const [zoneDn, ...alsoIn] = zones;
    if (zoneDn === undefined) {
      throw new DirectoryError(
        "noZone",
        `the domain controller ${server} keeps no zone ${zone} that this account may see`,
        "correct the zone, or give a machine of the zone's own domain; a zone that is kept in a file has no permissions of this kind",
      );
    }
    const { dn, tombstoned, descriptor } = node ?? {};
    if (dn === undefined || descriptor === undefined) return { zoneDn, alsoIn, node: undefined };
    return {
      zoneDn,
      alsoIn,
      node: { dn, tombstoned: tombstoned === true, descriptor: Buffer.from(descriptor, "base64") },
    };
  }

  async account(text: string): Promise<Account> {
    try {
      const { sid, name } = await this.session.call("account.sid", { account: text });
      if (name !== null) this.#refuseLocal(text, name);
      return { sid, name: name ?? undefined };
    } catch (error) {
      if (!(error instanceof AgentFailure) || error.error.code !== NONE_MAPPED) throw error;
      throw new DirectoryError(
        "account",
        `the machine knows no account "${text}"`,
        'correct "account" (like "CONTOSO\\KMS Hosts"), make the group first, or give its SID',
      );
    }
  }

  /** Windows looks among a machine's own accounts first, unless the machine is a domain controller, which has none. */
  #refuseLocal(text: string, name: string): void {
    if (!name.toLowerCase().startsWith(`${this.session.hello.computerName}\\`.toLowerCase())) return;
    throw new DirectoryError(
      "account",
      `"${text}" is ${name} there, an account of that machine alone, which the directory does not know`,
      'write its domain in front of it in "account", like "CONTOSO\\KMS Hosts"',
    );
  }

  async writeRights(dn: string, expected: Buffer, descriptor: Buffer): Promise<void> {
    const args = { dn, expected: expected.toString("base64"), descriptor: descriptor.toString("base64") };
    const result = await this.session.call("batch", {
      mutex: MUTEX,
      steps: [{ op: "directory.write", args }],
      reads: [],
    });
    const [outcome] = result.steps;
    if (outcome?.status === "done") return;
    if (outcome?.status !== "failed")
      throw new AgentFailure("batch", { kind: "internal", message: "the step was not run" });
    const { kind, code = "" } = outcome.error;
    if (kind === "expectation") throw new DescriptorChanged(dn);
    if (UNANSWERED.has(code)) {
      throw new DirectoryError(
        "lost",
        `the domain controller's answer did not come (${code})`,
        "see whether it runs, and run `pulumi up --refresh` again",
      );
    }
    throw new AgentFailure("directory.write", outcome.error);
  }
}
