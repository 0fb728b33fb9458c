import { describe, expect, it } from "vitest";
import { AGENT_PARTS, agentText, bootstrapScript } from "../../../provider/agent";
import { parse, protocolText, syntaxErrors, textOf } from "./powershell";
import { MAX_LINES, versionFindings } from "./versionLint";

const agent = agentText().toString("utf8");

const texts = {
  "the agent": agent,
  "the bootstrap": bootstrapScript(agent.length),
  "agent.ps1": textOf("provider/agent/agent.ps1"),
  ...Object.fromEntries(AGENT_PARTS.map((name) => [`ops/${name}.ps1`, textOf(`provider/agent/ops/${name}.ps1`)])),
};

describe.each(Object.entries(texts))("%s", (_name, text) => {
  it("is PowerShell without a syntax error", async () => {
    expect(syntaxErrors(await parse(text))).toEqual([]);
  });
});

describe("the agent", () => {
  it("is in files that are read at one sitting", () => {
    const lines = (name: string) => textOf(`provider/agent/${name}`).split("\n").length - 1;
    expect(lines("agent.ps1")).toBeLessThanOrEqual(600);
    for (const name of AGENT_PARTS) expect(lines(`ops/${name}.ps1`), name).toBeLessThanOrEqual(200);
  });

  it("uses nothing newer than PowerShell 2.0 and nothing gone in 7", async () => {
    expect(versionFindings(agent, await parse(agent))).toEqual([]);
  });

  it("asks for every argument that its functions take from a request under a name of the protocol", () => {
    const names = [...agent.matchAll(/Read-(?:Text|Number|Flag|List|Table) \$\w+ '(\w+)'/g)].map((match) => match[1]);
    const protocol = protocolText();
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\??:`).test(protocol))).toEqual([]);
  });

  it("calls only functions that it defines from its table of operations", () => {
    const table = agent.slice(agent.indexOf("$ops = @{"), agent.indexOf("$stepOps"));
    const called = [...table.matchAll(/= '([A-Za-z-]+)'/g)].map((match) => match[1]);
    expect(called).toHaveLength(22);
    expect(called.filter((name) => !agent.includes(`function ${name}(`))).toEqual([]);
  });
});

describe("the syntax check", () => {
  it.each([
    ["a brace that is not closed", agent.replace("function Get-Scope {", "function Get-Scope { if ($true) {")],
    ["a text that is not closed", agent.replace("$ErrorActionPreference = 'Stop'", "$ErrorActionPreference = 'Stop")],
    ["a condition without parentheses", "if $a { }"],
    ["a conditional operator", "$a = $b ? 1 : 2"],
  ])("finds %s", async (_what, text) => {
    expect(text).not.toBe(agent);
    expect(syntaxErrors(await parse(text))).not.toEqual([]);
  });
});

describe("the version check refuses", () => {
  const bad: [rule: RegExp, snippets: string[]][] = [
    [
      /type is newer/,
      ["[pscustomobject]@{ a = 1 }", "[ordered]@{ a = 1 }", "[Microsoft.Win32.RegistryView]::Registry64"],
    ],
    [
      /type is newer/,
      ["[Tuple]::Create(1)", "[System.Numerics.BigInteger]1", "[wmi]'x'", "[wmisearcher]'x'", "[wmiclass]'x'"],
    ],
    [
      /type is newer/,
      ["[System.Management.Automation.PSSerializer]::Serialize(1)", "[System.Linq.Enumerable]::Any($a)"],
    ],
    [/type is newer/, ["[System.Reflection.Assembly]::Load('x')", "[System.Management.Automation.Language.Parser]::X"]],
    [
      /needs a guard/,
      ["[System.Threading.MutexAcl]::Create(1)", "[Microsoft.Win32.RegistryKey]::OpenBaseKey('a', 'b')"],
    ],
    [/operator is 3.0/, ["$a -in $b", "$a -notin $b", "$a -shl 1", "$a -shr 1"]],
    [/variable is newer/, ["$PSItem", "$PSScriptRoot", "$PSCommandPath", "$input", "$IsWindows"]],
    [/no scope prefix/, ["$using:a", "$script:a", "$global:a", '"at $name:here"']],
    [
      /automatic variable/,
      ["$args = 1", "$matches = 1", "$host = 1", "function F($event) { }", "foreach ($error in $a) { }"],
    ],
    [
      /member is newer/,
      ["[Version]::new()", "[string]::IsNullOrWhiteSpace($a)", "[Environment]::Is64BitProcess", "$w.Restart()"],
    ],
    [/member is newer/, ["[Environment]::Is64BitOperatingSystem", "$a.CopyTo($b)", "$block.Ast", "$text.Where(1)"]],
    [
      /TryParse is .NET 4/,
      ["[guid]::TryParse('a', [ref]$b)", "[version]::TryParse('a', [ref]$b)", "[enum]::TryParse('a', [ref]$b)"],
    ],
    [/Join takes/, ["[string]::Join(',', $list)"]],
    [/Windows PowerShell shows/, ["$product.Activate()", "$product.LicenseStatus", "$answer.ReturnValue"]],
    [/no Count in 2.0/, ["($a | Where-Object { $_ }).Count"]],
    [/runs once in 2.0/, ["foreach ($a in $null) { }"]],
    [/try without/, ["try { 1 }"]],
    [/hash key/, ["@{ data = 1 }", "@{ in = 1 }", "@{ process = 1 }"]],
    [/redirects nothing/, ["'a' 2> 'b'", "Get-Service 3>&1", "Get-Service *> 'x'", "Get-Service 6> 'x'"]],
    [/--% is/, ["Get-Service --% x"]],
    [/&& is 7/, ["$a && $b"]],
    [/\|\| is 7/, ["$a || $b"]],
    [/class is/, ["class A { }"]],
    [/enum is/, ["enum A { b }"]],
    [/workflow is/, ["workflow W { }"]],
    [/data sections/, ["data { 'x' }"]],
    [/here-strings/, ["$a = @'\nx\n'@", '$a = @"\nx\n"@']],
    [/attributes/, ["function F { [CmdletBinding()] param([Parameter(Mandatory)]$a) }"]],
    [/#requires/, ["#requires -Modules X", "#Requires -RunAsAdministrator"]],
    [/plain ASCII/, ["'\u00e9'", "\t1", "1\r\n"]],
    [/more than/, ["1\n".repeat(MAX_LINES + 2)]],
    [
      /parameter -/,
      [
        "Get-Service -ComputerName a",
        "Start-Sleep -Seconds 1",
        "New-Object -TypeName a",
        "Get-Service -PipelineVariable p",
      ],
    ],
    [/without a block/, ["$a | Where-Object Name"]],
    [/parameter -eq/, ["$a | Where-Object Name -eq 1"]],
    [
      /command is not one/,
      [
        ...[
          "Invoke-Expression 'a'",
          "iex 'a'",
          "Add-Type 'a'",
          "Add-Type -AssemblyName 'System.Web'",
          "Add-Type -AssemblyName $a",
          "ConvertTo-Json $a",
          "ConvertFrom-Json $a",
          "Get-WmiObject a",
        ],
        ...["Invoke-WmiMethod a", "Set-WmiInstance a", "Register-WmiEvent a", "Get-CimInstance a", "New-CimSession a"],
        ...[
          "Invoke-CimMethod a",
          "Invoke-WebRequest a",
          "Invoke-RestMethod a",
          "Get-Content a -Raw",
          "Out-File a -NoNewline",
        ],
        ...[
          "Unblock-File a",
          "Resolve-DnsName a",
          "Test-NetConnection a",
          "Get-NetFirewallRule",
          "Get-NetTCPConnection",
        ],
        ...["Remove-DnsServerZone a", "Get-ScheduledTask", "Get-ChildItem -File", "Import-Module a", "Get-FileHash a"],
        ...[
          "New-Guid",
          "Get-Clipboard",
          "Expand-Archive a",
          "Write-Information a",
          "ConvertFrom-String a",
          "Get-ComputerInfo",
        ],
        ...[
          "New-TemporaryFile",
          "Get-ItemPropertyValue a",
          "Get-LocalUser",
          "Join-String a",
          "Get-Error",
          "Test-Json a",
        ],
        ...[
          "Get-EventLog a",
          "New-WebServiceProxy a",
          "Get-HotFix",
          "Split-Path -LiteralPath a",
          "using namespace System",
        ],
        ...[
          "wmic.exe a",
          "cscript a",
          "Start-Job { 1 }",
          "else { 1 }",
          "$a | ForEach-Object -Parallel { 1 }",
          "where Name -eq x",
        ],
      ],
    ],
  ];
  const table = bad.flatMap(([rule, snippets]) =>
    snippets.map((snippet) => [snippet.slice(0, 60), rule, snippet] as const),
  );
  it.each(table)("%j as %s", async (_short, rule, snippet) => {
    expect(versionFindings(snippet, await parse(snippet)).join("\n")).toMatch(rule);
  });

  const guard = (command: string) => `if (Get-Command -Name '${command}' -ErrorAction SilentlyContinue)`;
  const zone = "Get-DnsServerZone -Name $a -ErrorAction Stop";
  it.each([
    ["unguarded", zone, /needs a test that the command is there/],
    ["under another test", `if ($b) { ${zone} }`, /needs a test that the command is there/],
    ["where the command is not", `${guard("Get-DnsServerZone")} { 1 }\nelse { ${zone} }`, /needs a test/],
    ["in the test itself", `if (Get-Command -Name (${zone}).x -ErrorAction SilentlyContinue) { 1 }`, /needs a test/],
    ["under a test for a command of 2.0", `${guard("Get-Service")} { ${zone} }`, /needs a test/],
    [
      "with a parameter that is not known",
      `${guard("Get-DnsServerZone")} { ${zone} -ComputerName b }`,
      /parameter -ComputerName/,
    ],
    ["of another name", `${guard("Get-DnsServerZone")} { Set-DnsServerResourceRecord $a }`, /command is not one/],
  ])("a command of the module DnsServer %s", async (_how, text, rule) => {
    expect(versionFindings(text, await parse(text)).join("\n")).toMatch(rule);
  });

  it("no command of the module DnsServer under a test that the module is there", async () => {
    const text = `${guard("Get-DnsServerZone")} { ${zone} }\n${guard("Add-DnsServerResourceRecord")} { $c = @(${zone}) }\n`;
    expect(versionFindings(text, await parse(text))).toEqual([]);
  });

  it("nothing in an ordinary text of 2.0", async () => {
    const good =
      "function Get-A($list) {\n    foreach ($x in $list) { if ($x -eq 1) { return @{ a = $x } } }\n}\nGet-A @(1)\n";
    expect(versionFindings(good, await parse(good))).toEqual([]);
  });
});
