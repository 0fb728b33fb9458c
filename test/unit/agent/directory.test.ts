import { describe, expect, it } from "vitest";
import { textOf } from "./powershell";

const text = textOf("provider/agent/ops/directory.ps1");
function bodyOf(name: string): string {
  const body = new RegExp(`^function ${name}\\b[\\s\\S]*?^}`, "m").exec(text)?.[0];
  if (body === undefined) throw new Error(`there is no function ${name}`);
  return body;
}

describe("the agent's way to the directory", () => {
  it("hands out an answer only if its result is success, since .NET throws nothing for a referral", () => {
    const [, sending = "", after = ""] = /\.SendRequest\(\$request\)([\s\S]*?)return \$answer([\s\S]*)/.exec(
      bodyOf("Send-Directory"),
    ) ?? ["", "return before the result was looked at"];
    expect(sending).toMatch(/\$result = \[int\]\$answer\.ResultCode\s+if \(\$result -eq 0\) \{ $/);
    expect(after).toContain("Stop-Op 'hresult'");
    expect(text).toMatch(/^\$ldapErrors = @\{.*\b9 = '0x8007202B'; 10 = '0x8007202B'/m);
  });

  it("asks for a domain controller that takes changes where Windows chooses one", () => {
    expect(bodyOf("Get-Directory")).toMatch(/\.LocatorFlag = 'WriteableRequired'/);
  });

  it("names a domain controller by its DNS name, of which the computer name has 15 letters only", () => {
    expect(bodyOf("Get-Directory")).toContain("[System.Net.Dns]::GetHostName()");
    expect(bodyOf("Get-Directory")).not.toContain("MachineName");
  });

  it("closes a connection that it gives up", () => {
    expect(bodyOf("Send-Directory")).toMatch(/\$directory\.Dispose\(\)[\s\S]*?\$agent\['directory'\] = \$null/);
  });
});
