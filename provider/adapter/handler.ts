import type { Logger } from "../log/logger";
import type { CredentialSets } from "../machine/credentials";
import type { SessionPool } from "../machine/pool";
import type { Props } from "./props";

export interface CheckFailure {
  /** Nested path like "connection.port", or "" where naming a top-level property would print its value. */
  property: string;
  /** Names the property and the rule that it breaks. */
  reason: string;
}
export interface CheckResult {
  /** With defaults filled in and visible companions of secret values added. */
  inputs: Props;
  failures: CheckFailure[];
}

export interface DiffResult {
  /** Names of the properties that differ (for logs and tests; the engine shows its own comparison of inputs). */
  changed: string[];
  /** Properties whose change needs a new resource. */
  replaces?: string[];
  /** False only where the new one must exist before the old one goes (an SRV record that moves to another target). */
  deleteBeforeReplace?: boolean;
}

export type Operation = "create" | "read" | "update" | "delete";

/** What an operation may use. */
export interface OperationContext {
  operation: Operation;
  log: Logger;
  signal: AbortSignal;
  pool: SessionPool;
  env: NodeJS.ProcessEnv;
  credentials: CredentialSets | undefined;
  /** Registers texts that must never be shown, from now on, in this operation's errors and log lines. */
  hide(secrets: Iterable<string>): void;
  /** In a delete: whether another declaration stands for this thing by now. */
  isAnothers?(thing: string): boolean;
}

/** For `things`, where one id is one thing. */
export const itsId = (id: string): string[] => [id];

/**
 * One resource, free of Pulumi: a native plugin could serve the same object. `check` and `diff` are pure; everything
 * that touches a machine is in the four operations.
 */
export interface ResourceHandler {
  readonly type: string;
  /**
   * What a declaration stands for, by names that all declarations share. A delete leaves alone what another declaration
   * stands for by then, as after a rename or a replacement by force. Without it the handler sees to that itself.
   * `declared`: checked inputs or outputs.
   */
  things?(id: string, declared: Props): string[];
  /**
   * The checked inputs that these outputs stand for: `read` gives the engine what it saw under the inputs' names, so
   * that drift is shown property by property.
   */
  inputsOf(outs: Props): Props;
  check(input: Props): CheckResult;
  /** `outs`: what was last seen, with the values then wanted. `wanted`: checked inputs, perhaps with unknowns. */
  diff(outs: Props, wanted: Props): DiffResult;
  create(context: OperationContext, wanted: Props): Promise<{ id: string; outs: object }>;
  /** `absent` only for what may come and go by itself; never because it could not be looked at. */
  read(context: OperationContext, id: string, outs: Props): Promise<{ outs: object } | "absent">;
  update(context: OperationContext, id: string, outs: Props, wanted: Props): Promise<{ outs: object }>;
  delete(context: OperationContext, id: string, outs: Props): Promise<void>;
}
