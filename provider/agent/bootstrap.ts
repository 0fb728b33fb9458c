/**
 * The command line that starts the agent. It carries only a loader: the agent's text comes through standard input,
 * because a command line is short, is seen by other users of the machine, and is quoted differently by every shell.
 */

const PREFIX =
  "powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -InputFormat None -OutputFormat Text -EncodedCommand ";

/**
 * The loader's PowerShell, for an agent of that many bytes. It runs on 2.0 to 7 and never names the pipeline's input
 * variable, by which PowerShell would read standard input itself. The first branch must stay within what constrained
 * language mode allows, and under 80 characters of output, where the console host would break the line.
 */
export function bootstrapScript(agentLength: number): string {
  if (!Number.isSafeInteger(agentLength) || agentLength < 1)
    throw new RangeError(`the length of the agent must be a positive number of bytes, not ${agentLength}`);
  return [
    "$ProgressPreference='SilentlyContinue'",
    "$ErrorActionPreference='Stop'",
    '$m="$($ExecutionContext.SessionState.LanguageMode)"',
    `if($m -and $m -ne 'FullLanguage'){'@A {"fatal":"languagemode","mode":"'+$m+'"}';exit 71}`,
    "$i=[Console]::OpenStandardInput()",
    `$n=${agentLength}`,
    "$b=New-Object byte[] $n",
    "$o=0",
    "while($o -lt $n){$r=$i.Read($b,$o,$n-$o);if($r -le 0){exit 72};$o+=$r}",
    "try{& ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($b))) $i $n}" +
      "catch{$e=$_.Exception.GetBaseException()" +
      `;$t="$($e.ErrorRecord.FullyQualifiedErrorId) $($e.Message)" -replace '[^ -~]','?' -replace '["\\\\]','_'` +
      `;[Console]::WriteLine('@A {"fatal":"agent","message":"'+$t+'"}');exit 73}`,
  ].join(";");
}

/** The whole command line: the same text for cmd, PowerShell and bash as the machine's login shell. */
export function agentCommand(agentLength: number): string {
  return PREFIX + Buffer.from(bootstrapScript(agentLength), "utf16le").toString("base64");
}

/** Recognises exactly the command line that {@link agentCommand} makes; anything else is `null`. */
export function parseAgentCommand(commandLine: string): { agentLength: number } | null {
  if (!commandLine.startsWith(PREFIX)) return null;
  const script = Buffer.from(commandLine.slice(PREFIX.length), "base64").toString("utf16le");
  const agentLength = Number(/;\$n=([1-9][0-9]{0,8});/.exec(script)?.[1]);
  return Number.isSafeInteger(agentLength) && agentCommand(agentLength) === commandLine ? { agentLength } : null;
}
