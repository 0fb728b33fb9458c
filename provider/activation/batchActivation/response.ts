import { XMLParser } from "fast-xml-parser";
import { parseConfirmationId } from "../ids";
import { RESPONSE_NAMESPACE, SERVICE_NAMESPACE } from "./constants";
import { BatchActivationError, serviceError } from "./errors";

/** Values stay text: an id is no number. Prefixes stay too: what counts is the namespace that they stand for. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
});

interface Element {
  name: string;
  namespace: string;
  text: string;
  children: Element[];
}

/** What the service answered to a question about a confirmation id or the remaining count. */
export type BatchAnswer = { confirmationId: string } | { remaining: number };

const notUnderstood = (what: string) =>
  new BatchActivationError(
    `the answer of Microsoft's BatchActivation service was not understood: ${what}`,
    "see that activation.endpoint is right and that no proxy answers in its place; if so, the protocol may have changed: activate by phone",
    "perhaps",
  );

export function parseAnswer(body: string): BatchAnswer {
  const outer = find(read(body, "the envelope"), "ResponseXml", SERVICE_NAMESPACE);
  if (!outer) throw notUnderstood("it holds no ResponseXml");
  const root = read(outer.text, "ResponseXml");
  const value = (name: string) => find(root, name, RESPONSE_NAMESPACE)?.text;
  const error = value("ErrorCode");
  if (error !== undefined && error !== "" && !/^(0x)?0+$/.test(error)) throw serviceError(error);
  const type = value("ResponseType");
  if (type === "1") {
    const parsed = parseConfirmationId(value("CID") ?? "");
    if (!parsed.ok) throw notUnderstood(`its confirmation id ${parsed.reason}`);
    return { confirmationId: parsed.digits };
  }
  if (type === "2") {
    const remaining = value("ActivationRemaining") ?? "";
    if (!/^-?[0-9]{1,9}$/.test(remaining)) throw notUnderstood("it holds no number of remaining activations");
    return { remaining: Number(remaining) };
  }
  throw notUnderstood(
    type === undefined ? "it holds no ResponseType" : `its ResponseType is ${JSON.stringify(type.slice(0, 20))}`,
  );
}

function read(text: string, what: string): Element {
  // Nothing of this service has one, and entities are how XML is turned against its reader.
  if (/<!DOCTYPE/i.test(text)) throw notUnderstood(`${what} has a document type`);
  let parsed: unknown;
  try {
    parsed = parser.parse(text, true);
  } catch {
    throw notUnderstood(`${what} is no XML`);
  }
  return { name: "", namespace: "", text: "", children: childrenOf(parsed, new Map()) };
}

/** The parser's objects as elements with their namespaces. */
function childrenOf(node: unknown, scope: ReadonlyMap<string, string>): Element[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([tag, value]) => {
    if (tag.startsWith("@") || tag.startsWith("#") || tag.startsWith("?")) return [];
    return [value].flat().map((item: unknown) => elementOf(tag, item, scope));
  });
}

function elementOf(tag: string, item: unknown, outer: ReadonlyMap<string, string>): Element {
  const scope = new Map(outer);
  let text = typeof item === "string" ? item : "";
  for (const [name, value] of typeof item === "object" && item !== null ? Object.entries(item) : []) {
    if (name === "@xmlns") scope.set("", String(value));
    else if (name.startsWith("@xmlns:")) scope.set(name.slice(7), String(value));
    else if (name === "#text") text = String(value);
  }
  const [local = "", prefix = ""] = tag.split(":").reverse();
  return { name: local, namespace: scope.get(prefix) ?? "", text, children: childrenOf(item, scope) };
}

function find(element: Element, name: string, namespace: string): Element | undefined {
  if (element.name === name && element.namespace === namespace) return element;
  for (const child of element.children) {
    const found = find(child, name, namespace);
    if (found) return found;
  }
  return undefined;
}
