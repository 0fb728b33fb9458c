import type {
  AgentError,
  BatchRead,
  BatchResult,
  FirewallReadResult,
  FirewallRuleState,
  NetListenersResult,
} from "../../machine/protocol";
import { AgentFailure } from "../../machine/session";
import type { FirewallRuleInputs } from "./schema";
import { groupId } from "./values";

/** Marks every rule of ours, and shows as its group in the firewall's console. Stored on machines: frozen. */
export const OUR_GROUPING = "pulumi-volume-activation";
const DEFAULT_SSH_PORT = 22;

/** What one look at a machine's firewall brings. */
export interface FirewallObservation {
  /** Everything that Windows answered; `firewall.rules` holds others' rules for our way in as well. */
  firewall: FirewallReadResult;
  /** The rules that the resource is about. */
  rules: FirewallRuleState[];
  /** Windows has the predefined group; true for a rule of one's own. */
  known: boolean;
  /** TCP port on the machine by which this session came in. */
  wayIn: number;
}

type Subject = Pick<FirewallRuleInputs, "group" | "name" | "connection">;

const sshPort = ({ connection }: Subject) => connection.port ?? DEFAULT_SSH_PORT;

export function firewallReads(subject: Subject): BatchRead[] {
  const { group } = subject;
  return [
    {
      op: "firewall.read",
      args: {
        groups: group === undefined ? [] : [groupId(group)],
        groupings: group === undefined ? [OUR_GROUPING] : [],
        ports: [...new Set([sshPort(subject), DEFAULT_SSH_PORT])],
      },
    },
    { op: "net.listeners", args: {} },
  ];
}

export function parseFirewall(result: BatchResult, subject: Subject): FirewallObservation {
  const [firewall, listeners] = result.reads.map((read) => {
    if (!read.ok) throw new AgentFailure("batch", read.error satisfies AgentError);
    return read.result;
  }) as [FirewallReadResult, NetListenersResult];
  const port = sshPort(subject);
  const served = listeners.listeners.some((listener) => listener.port === port);
  return {
    firewall,
    rules: firewall.rules.filter((rule) => isSubject(rule, subject)),
    known: subject.group === undefined || firewall.groups.some(({ known }) => known),
    // A port that nobody serves there was forwarded on the way.
    wayIn: served ? port : DEFAULT_SSH_PORT,
  };
}

/** Windows compares group names without case and rule names with it. */
export function isSubject(rule: FirewallRuleState, { group, name }: Pick<Subject, "group" | "name">): boolean {
  const grouping = rule.grouping.toLowerCase();
  if (group !== undefined) return grouping === groupId(group).toLowerCase();
  return grouping === OUR_GROUPING && rule.name === name;
}
