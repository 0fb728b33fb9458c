import type { Node } from "web-tree-sitter";
import { nodesOf, place } from "./powershell";

/** More would no longer be read by the administrator who wants to know what runs on his machines. */
export const MAX_LINES = 1400;

/** Commands of PowerShell that 2.0 to 7 have alike, with the parameters that the agent may use; all else is refused. */
const COMMANDS: Record<string, readonly string[]> = {
  "new-object": ["-comobject"],
  "where-object": [],
  "start-sleep": ["-milliseconds"],
  "get-service": ["-name", "-erroraction"],
  "add-type": ["-assemblyname"],
  "get-command": ["-name", "-erroraction"],
};

/** The one library that the agent may load: .NET's own for LDAP. */
const LIBRARY = /^add-type -assemblyname 'System\.DirectoryServices\.Protocols'$/i;

/** Commands of the module DnsServer (Server 2012 and later); it is there as a whole or not at all. */
const DNS_SERVER_COMMANDS: Record<string, readonly string[]> = {
  "get-dnsserverzone": ["-name", "-erroraction"],
  "get-dnsserverzoneaging": ["-name", "-erroraction"],
  "get-dnsserverresourcerecord": ["-zonename", "-name", "-node", "-erroraction"],
  "add-dnsserverresourcerecord": [
    ...["-srv", "-zonename", "-name", "-domainname", "-priority", "-weight", "-port", "-timetolive", "-erroraction"],
  ],
  "remove-dnsserverresourcerecord": ["-zonename", "-inputobject", "-force", "-erroraction"],
};
const DNS_SERVER_TEST = /^if\s*\(\s*Get-Command -Name '([\w-]+)' -ErrorAction SilentlyContinue\s*\)/i;

/** Types of .NET 4, of System.Core (a feature that may be off) and PowerShell 3 or newer; and reflection. */
const REFUSED_TYPES =
  /^(pscustomobject|ordered|system\.tuple|tuple|.*\.hashset|.*\.biginteger|.*\.registryview|.*\.psserializer|.*linq.*|.*\.language\.parser|(system\.)?reflection\..*|wmi|wmiclass|wmisearcher|cimsession)$/i;
/** Allowed only under a test that the type is there. */
const GUARDED_TYPES = /\.mutexacl$/i;
const GUARDED_MEMBERS = /^openbasekey$/i;

const REFUSED_MEMBERS =
  /^(new|foreach|where|isnullorwhitespace|is64bitoperatingsystem|is64bitprocess|copyto|restart|ast|invokescript|invoke|loadwithpartialname)$/i;
/** What only the ManagementObject adapter of Windows PowerShell shows as members; PowerShell 7 has no such adapter. */
const ADAPTED_MEMBERS =
  /^(activate|installproductkey|refreshlicensestatus|uninstallproductkey|returnvalue|licensestatus|partialproductkey|description_)$/i;
const TRYPARSE_MISSING = /^(system\.)?(guid|version|enum|net\.ipendpoint)$/i;

const REFUSED_VARIABLES = /^\$(psitem|psscriptroot|pscommandpath|input|iswindows|islinux|ismacos|iscoreclr)$/i;
const AUTOMATIC =
  /^\$(_|args|input|host|pid|error|matches|event|events?ubscriber|sender|home|profile|foreach|switch|this|true|false|shellid|pwd|lastexitcode|myinvocation|executioncontext|psversiontable)$/i;

const REFUSED_OPERATORS = /^-[ci]?(in|notin|shl|shr)$/i;
const KEYWORDS =
  /^(begin|break|catch|class|continue|data|define|do|dynamicparam|else|elseif|end|exit|filter|finally|for|foreach|from|function|if|in|param|process|return|switch|throw|trap|try|until|using|var|while|workflow|parallel|sequence|inlinescript)$/i;

const REFUSED_NODES: Record<string, string> = {
  class_statement: "class is 5.0",
  enum_statement: "enum is 5.0",
  data_statement: "data sections are not for the agent",
  parallel_statement: "workflow is gone in 6",
  sequence_statement: "workflow is gone in 6",
  inlinescript_statement: "workflow is gone in 6",
  workflow: "workflow is 3.0 and gone in 6",
  stop_parsing: "--% is 3.0",
  redirection: "the agent redirects nothing (streams 3 to 6 are newer than 2.0)",
  "&&": "&& is 7",
  "||": "|| is 7",
  expandable_here_string_literal: "no here-strings",
  verbatim_here_string_characters: "no here-strings",
};

/** What in this text would not run alike on Windows PowerShell 2.0 to 5.1 and PowerShell 7, or is not wanted at all. */
export function versionFindings(text: string, root: Node): string[] {
  const findings: string[] = [];
  if (/[^\n\x20-\x7e]/.test(text)) findings.push("the text is not plain ASCII without tabs and carriage returns");
  if (text.split("\n").length > MAX_LINES + 1) findings.push(`the text has more than ${MAX_LINES} lines`);
  const all = [...nodesOf(root)];
  const own = new Set(all.filter((node) => node.type === "function_name").map((node) => node.text.toLowerCase()));
  for (const node of all) {
    const why = REFUSED_NODES[node.type] ?? rules[node.type]?.(node, own);
    if (why !== undefined) findings.push(`${why} (${place(node)})`);
  }
  return findings;
}

type Rule = (node: Node, own: ReadonlySet<string>) => string | undefined;

const rules: Record<string, Rule> = {
  attribute: (node) => (node.text.includes("(") ? "attributes are written differently in 2.0" : undefined),
  comment: (node) => (/^#requires/i.test(node.text) ? "no #requires" : undefined),
  type_spec: (node) => {
    if (REFUSED_TYPES.test(node.text)) return "this type is newer than 2.0, gone in 7, or reflection";
    return GUARDED_TYPES.test(node.text) && !isGuarded(node) ? "this type needs a guard" : undefined;
  },
  comparison_operator: (node) => (REFUSED_OPERATORS.test(node.text) ? "this operator is 3.0" : undefined),
  variable: variableRule,
  foreach_statement: (node) =>
    /\bin\s+\$null\s*\)/i.test(node.text.split("{")[0] ?? "") ? "foreach over $null runs once in 2.0" : undefined,
  try_statement: (node) =>
    node.namedChildren.some((child) => child?.type === "catch_clauses" || child?.type === "finally_clause")
      ? undefined
      : "try without catch or finally",
  key_expression: (node) => (KEYWORDS.test(node.text) ? "a keyword as a hash key needs quotes" : undefined),
  member_access: memberRule,
  invokation_expression: memberRule,
  command: commandRule,
};

function variableRule(node: Node): string | undefined {
  if (REFUSED_VARIABLES.test(node.text)) return "this variable is newer than 2.0, or takes the requests away";
  if (node.text.includes(":") && !/^\$env:/i.test(node.text)) return "no scope prefix (and no text after ':')";
  const assigned = node.parent?.type === "script_parameter" || isAssignmentTarget(node);
  return assigned && AUTOMATIC.test(node.text) ? "this is an automatic variable" : undefined;
}

function isAssignmentTarget(node: Node): boolean {
  if (node.parent?.type === "foreach_statement")
    return node.parent.children.find((c) => c?.type === "variable")?.id === node.id;
  let up: Node | null = node;
  while (up !== null && up.type !== "left_assignment_expression") up = up.text === node.text ? up.parent : null;
  return up !== null;
}

function memberRule(node: Node): string | undefined {
  const member = node.namedChildren.find((child) => child?.type === "member_name")?.text ?? "";
  const owner = node.namedChild(0);
  if (REFUSED_MEMBERS.test(member)) return "this member is newer than 2.0, or reflection";
  if (ADAPTED_MEMBERS.test(member)) return "only Windows PowerShell shows WMI's names as members";
  if (GUARDED_MEMBERS.test(member) && !isGuarded(node)) return "this member needs a guard";
  const type = owner?.type === "type_literal" ? owner.text.slice(1, -1) : "";
  if (/^tryparse$/i.test(member) && TRYPARSE_MISSING.test(type)) return "this TryParse is .NET 4";
  if (/^string$/i.test(type) && /^join$/i.test(member) && !/\[string\[\]\]/i.test(node.text))
    return "before .NET 4, Join takes string[] only";
  const pipes = owner?.type === "parenthesized_expression" && [...nodesOf(owner)].some((n) => n.type === "|");
  if (pipes && /^(count|length)$/i.test(member)) return "one result has no Count in 2.0: use @( )";
  return undefined;
}

function commandRule(node: Node, own: ReadonlySet<string>): string | undefined {
  const name = node.namedChildren.find((child) => child?.type === "command_name")?.text.toLowerCase();
  if (name === undefined || own.has(name)) return undefined;
  const allowed = COMMANDS[name] ?? DNS_SERVER_COMMANDS[name];
  if (allowed === undefined || (name === "add-type" && !LIBRARY.test(node.text)))
    return "this command is not one that the agent may use";
  if (!(name in COMMANDS) && !isUnderDnsTest(node)) return "this command needs a test that the command is there";
  const elements = node.namedChildren.find((child) => child?.type === "command_elements")?.namedChildren ?? [];
  const words = elements.filter((element) => element !== null && element.type !== "command_argument_sep");
  const strange = words.find(
    (word) => word?.type === "command_parameter" && !allowed.includes(word.text.toLowerCase()),
  );
  if (strange) return `the parameter ${strange.text} is not one that the agent may use`;
  if (name === "where-object" && !/^where-object\s*\{/i.test(node.text)) return "Where-Object without a block is 3.0";
  return undefined;
}

/** In the block of an `if` that asks for nothing but a command of the module DnsServer. */
function isUnderDnsTest(node: Node): boolean {
  for (let here = node; here.parent !== null; here = here.parent) {
    if (here.parent.type !== "if_statement" || here.type !== "statement_block") continue;
    const command = DNS_SERVER_TEST.exec(here.parent.text)?.[1]?.toLowerCase() ?? "";
    const first = here.parent.children.find((child) => child?.type === "statement_block");
    if (command in DNS_SERVER_COMMANDS && first?.id === here.id) return true;
  }
  return false;
}

/** Under an `if` that asks whether the type is there. */
function isGuarded(node: Node): boolean {
  for (let up = node.parent; up !== null; up = up.parent)
    if (up.type === "if_statement" && /^if\s*\([^{]*-as \[type\]/i.test(up.text)) return true;
  return false;
}
