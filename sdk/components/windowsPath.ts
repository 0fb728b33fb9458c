/** Characters that mean nothing to cmd.exe, PowerShell and sftp alike, so that no quoting is needed in any of them. */
const PLAIN_PART = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** MAX_PATH without the closing zero. */
const MOST = 259;

/**
 * A path on a drive, with backslashes. Whatever a command line could read as anything but a path is refused, not quoted:
 * sshd hands the line to cmd.exe or PowerShell, whose quoting differs, and a file placed by us needs no spaces.
 */
export function windowsPath(step: string, argument: string, path: string): string {
  const [drive = "", ...parts] = path.replaceAll("/", "\\").split("\\");
  const plain = /^[A-Za-z]:$/.test(drive) && parts.length > 0 && parts.every((part) => PLAIN_PART.test(part));
  if (plain && path.length <= MOST && !parts.some((part) => part.endsWith("."))) return [drive, ...parts].join("\\");
  throw new Error(
    `${step}: ${argument}: must be a path on a drive, like "C:\\Windows\\Panther\\unattend.xml", of letters, digits, ` +
      "hyphens, dots and underscores, 259 characters at most: it stands in a command line, where others have a meaning.",
  );
}
