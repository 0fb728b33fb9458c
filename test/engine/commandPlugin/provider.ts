import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { connectionFields, fieldsOf, proxyFields } from "./fields";
import { type Connection, copy, run } from "./remote";

export type Bag = { [name: string]: unknown };
export interface Failure {
  property: string;
  reason: string;
}

const COMMAND = "command:remote:Command";
const COPY = "command:remote:CopyToRemote";

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the plugin refuses before anything is done: every field that its schema does not have. */
export function check(type: string, inputs: Bag): Failure[] {
  const allowed = {
    [COMMAND]: () => fieldsOf("remote/command.d.ts", "CommandArgs"),
    [COPY]: () => fieldsOf("remote/copyToRemote.d.ts", "CopyToRemoteArgs"),
  }[type];
  if (!allowed) return [{ property: "", reason: `this stand-in plays no ${type}` }];
  const failures = strangers(inputs, allowed(), "");
  const { connection } = inputs;
  // While it is unknown it is a text.
  if (!isBag(connection)) return failures;
  failures.push(...strangers(connection, connectionFields(), "connection."));
  if (isBag(connection["proxy"])) failures.push(...strangers(connection["proxy"], proxyFields(), "connection.proxy."));
  if (type === COPY && isBag(inputs["source"]) && typeof inputs["source"]["text"] !== "string") {
    failures.push({ property: "source", reason: "this stand-in copies texts only" });
  }
  return failures;
}

function strangers(given: Bag, allowed: readonly string[], path: string): Failure[] {
  return Object.keys(given)
    .filter((name) => !allowed.includes(name))
    .map((name) => ({ property: `${path}${name}`, reason: "is no field of the schema of pulumi-command 1.2.1" }));
}

/** A text is kept in the state by its hash only. */
const same = (one: unknown, other: unknown): boolean =>
  isBag(one) && isBag(other) && one["hash"] !== undefined
    ? one["hash"] === other["hash"]
    : isDeepStrictEqual(one, other);

/** Paths of what differs. Which of them replace the resource the package itself declares (`replaceOnChanges`). */
export function diff(olds: Bag, news: Bag): string[] {
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  return names
    .filter((name) => !same(olds[name], news[name]))
    .map((name) => (name === "triggers" ? "triggers[0]" : name));
}

export async function create(type: string, inputs: Bag): Promise<{ id: string; outs: Bag }> {
  return { id: randomBytes(8).toString("hex"), outs: { ...inputs, ...(await act(type, inputs, inputs["create"])) } };
}

/** A Command runs its `update`, or its `create` again where it has none; a file is copied if it is another one. */
export async function update(type: string, olds: Bag, news: Bag): Promise<Bag> {
  const sameFile = ["source", "remotePath"].every((name) => same(olds[name], news[name]));
  if (type === COPY && sameFile) return news;
  const { stdout, stderr } = olds;
  const before = type === COMMAND ? { stdout, stderr } : {};
  return { ...news, ...before, ...(await act(type, news, news["update"] ?? news["create"])) };
}

export async function remove(type: string, outs: Bag): Promise<void> {
  if (type === COMMAND && outs["delete"] !== undefined) await act(type, outs, outs["delete"]);
}

async function act(type: string, inputs: Bag, line: unknown): Promise<Bag> {
  const connection = inputs["connection"] as Connection;
  if (type === COMMAND) return line === undefined ? { stdout: "", stderr: "" } : run(connection, String(line));
  const { text } = inputs["source"] as { text: string };
  await copy(connection, text, String(inputs["remotePath"]));
  return {};
}
