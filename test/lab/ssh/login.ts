import { timingSafeEqual } from "node:crypto";
import { type AuthContext, type ParsedKey, utils } from "ssh2";

export interface SshAccount {
  password?: string;
  /** authorized_keys lines. */
  publicKeys?: string[];
}

/** Answers one step of a login. Accounts that do not exist are refused like those that do. */
export function answerLogin(context: AuthContext, account: SshAccount | undefined, methods: readonly string[]): void {
  const verdict = (right: boolean) => {
    if (right) context.accept();
    else context.reject([...methods] as Parameters<AuthContext["reject"]>[0]);
  };
  if (!methods.includes(context.method)) verdict(false);
  else if (context.method === "password") verdict(isPassword(account, context.password));
  else if (context.method === "keyboard-interactive") {
    context.prompt([{ prompt: "Password: ", echo: false }], (answers) =>
      verdict(isPassword(account, answers[0] ?? "")),
    );
  } else if (context.method === "publickey") {
    const key = authorizedKey(account, context.key.data);
    const { blob, signature, hashAlgo } = context;
    // Without a signature the client only asks whether this key would do.
    verdict(key !== undefined && (!blob || !signature || key.verify(blob, signature, hashAlgo) === true));
  } else verdict(false);
}

function isPassword(account: SshAccount | undefined, given: string): boolean {
  if (account?.password === undefined) return false;
  const expected = Buffer.from(account.password);
  const presented = Buffer.from(given);
  return expected.length === presented.length && timingSafeEqual(expected, presented);
}

function authorizedKey(account: SshAccount | undefined, blob: Buffer): ParsedKey | undefined {
  for (const line of account?.publicKeys ?? []) {
    const parsed = utils.parseKey(line);
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    if (!(key instanceof Error) && key.getPublicSSH().equals(blob)) return key;
  }
  return undefined;
}
