import type { AnyAuthMethod, AuthenticationType, ParsedKey } from "ssh2";
import type { Endpoint } from "./connection";
import { fingerprint } from "./hostkeys";
import { isKeyProblem, readPrivateKey } from "./sshKey";
import { ConnectError } from "./transport";

/** How to log in, decided before dialling. Order: key, agent, password, password as keyboard-interactive. */
export interface LoginPlan {
  user: string;
  key?: ParsedKey;
  /** Path of an SSH agent's socket. */
  agent?: string;
  password?: string;
}

/**
 * Which means of login an endpoint has. The environment's agent is used only when neither key nor password was given,
 * so that a machine which logs in by its own means does not depend on whose shell the program runs in.
 */
export function loginPlan(
  endpoint: Endpoint & { user: string },
  where: string,
  environmentAgent: string | undefined,
): LoginPlan {
  const plan: LoginPlan = { user: endpoint.user };
  if (endpoint.privateKey) {
    const key = readPrivateKey(endpoint.privateKey, endpoint.privateKeyPassword);
    if (isKeyProblem(key)) throw new ConnectError("login", `${where}: ${key.problem}. Nothing was sent.`, key.remedy);
    plan.key = key;
  }
  if (endpoint.password !== undefined) plan.password = endpoint.password;
  if (endpoint.agentSocketPath) plan.agent = endpoint.agentSocketPath;
  else if (!plan.key && plan.password === undefined && environmentAgent) plan.agent = environmentAgent;
  if (!plan.key && plan.password === undefined && !plan.agent) {
    throw new ConnectError(
      "login",
      `${where}: there is nothing to log in with: no privateKey, no password, and no SSH agent. Nothing was sent.`,
      'Set privateKey or password, name a credential set ("credentials"), or start an SSH agent.',
    );
  }
  return plan;
}

/** A server that asks for the same password again and again is not answered for ever. */
const MAX_PROMPT_ROUNDS = 3;

/** What happened during one login, for the message if it fails. */
export class LoginAttempt {
  /** Methods that were tried, in order, with the key's fingerprint. */
  readonly tried: string[] = [];
  /** Methods that the server said it accepts, as of its last answer; undefined before its first. */
  offered: string[] | undefined;
  /** Set once every method has been used up. */
  exhausted = false;
  /** Troubles that did not end the attempt, like an agent that cannot be reached. */
  readonly notes: string[] = [];
  private readonly left: { method: AuthenticationType; make: () => AnyAuthMethod; label: string }[] = [];
  private started = false;
  private promptRounds = 0;

  constructor(private readonly plan: LoginPlan) {
    const { user, key, agent, password } = plan;
    if (key) {
      this.left.push({
        method: "publickey",
        make: () => ({ type: "publickey", username: user, key }),
        label: `publickey (${key.type} ${fingerprint(key.getPublicSSH())})`,
      });
    }
    if (agent) {
      this.left.push({
        method: "publickey",
        make: () => ({ type: "agent", username: user, agent }),
        label: "publickey (keys of the SSH agent)",
      });
    }
    if (password !== undefined) {
      this.left.push({
        method: "password",
        make: () => ({ type: "password", username: user, password }),
        label: "password",
      });
      this.left.push({
        method: "keyboard-interactive",
        make: () => ({
          type: "keyboard-interactive",
          username: user,
          prompt: (_name, _instructions, _lang, prompts, finish) => finish(this.answers(prompts)),
        }),
        label: "keyboard-interactive (the password)",
      });
    }
  }

  /**
   * Asks first what the server accepts ("none"), then tries only what it accepts. What it does not accept now may be
   * its second demand (key, then password), so that is kept for later.
   */
  next(accepted: readonly string[] | null): AnyAuthMethod | false {
    if (!this.started) {
      this.started = true;
      return { type: "none", username: this.plan.user };
    }
    if (accepted) this.offered = [...accepted];
    const at = this.left.findIndex(({ method }) => this.offered?.includes(method) ?? true);
    const [means] = at < 0 ? [] : this.left.splice(at, 1);
    if (!means) {
      this.exhausted = true;
      return false;
    }
    this.tried.push(means.label);
    return means.make();
  }

  /** The password goes only to prompts that do not echo. */
  private answers(prompts: readonly { echo?: boolean }[]): string[] {
    this.promptRounds++;
    const password = this.promptRounds <= MAX_PROMPT_ROUNDS ? (this.plan.password ?? "") : "";
    return prompts.map((prompt) => (prompt.echo === true ? "" : password));
  }

  /** "tried publickey (...), password; the server accepts publickey" */
  describe(): string {
    const tried = this.tried.length ? `tried ${this.tried.join(", ")}` : "none of our means could be tried";
    const offered = this.offered ? `; the server accepts ${this.offered.join(", ") || "no method"}` : "";
    const notes = this.notes.length ? ` (${this.notes.join("; ")})` : "";
    return `${tried}${offered}${notes}`;
  }
}
