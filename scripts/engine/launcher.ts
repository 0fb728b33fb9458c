import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const name = "pulumi-resource-pulumi-nodejs";

/**
 * The program that Pulumi starts for dynamic resources. Pulumi runs it in the program's folder, so the answer is the
 * copy of @pulumi/pulumi that the program itself uses. `exec` leaves no shell between the engine and the provider.
 */
const shellScript = `#!/bin/sh
provider="$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")')" || exit 1
exec node "$provider" "$@"
`;

const commandScript = `@echo off\r
setlocal\r
for /f "delims=" %%p in ('node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')"') do set "provider=%%p"\r
if not defined provider exit /b 1\r
node "%provider%" %*\r
`;

export function launcherFile(platform: string): { name: string; text: string } {
  return platform === "win32" ? { name: `${name}.cmd`, text: commandScript } : { name, text: shellScript };
}

export function writeLauncher(folder: string, platform: string = process.platform): void {
  const launcher = launcherFile(platform);
  const path = join(folder, launcher.name);
  writeFileSync(path, launcher.text);
  chmodSync(path, 0o755);
}
