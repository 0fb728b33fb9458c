import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Language, type Node, Parser } from "web-tree-sitter";

export const repository = resolve(__dirname, "../../..");
export const textOf = (path: string): string => readFileSync(join(repository, path), "utf8");

/** The contract as types, both of its files. */
export const protocolText = (): string =>
  ["protocol", "protocolDomain"].map((name) => textOf(`provider/machine/${name}.ts`)).join("\n");

let parser: Promise<Parser> | undefined;

async function makeParser(): Promise<Parser> {
  await Parser.init();
  const made = new Parser();
  const wasm = createRequire(__filename).resolve("tree-sitter-powershell/tree-sitter-powershell.wasm");
  made.setLanguage(await Language.load(wasm));
  return made;
}

/** The syntax tree's root; the grammar is that of PowerShell 7.3. */
export async function parse(text: string): Promise<Node> {
  parser ??= makeParser();
  const tree = (await parser).parse(text);
  if (tree === null) throw new Error("the grammar gave no tree");
  return tree.rootNode;
}

export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) if (child !== null) yield* nodesOf(child);
}

export const place = (node: Node): string => `line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`;

/** Where the text is not PowerShell. */
export function syntaxErrors(root: Node): string[] {
  return [...nodesOf(root)].filter((node) => node.isError || node.isMissing).map(place);
}

/** The plain-text keys of the hash literal assigned to this variable at the top of the text, in their order. */
export function hashKeys(root: Node, variable: string): string[] {
  const body = assigned(root, variable).find((node) => node.type === "hash_literal_body");
  if (body === undefined) throw new Error(`${variable} is assigned no hash literal`);
  return body.namedChildren
    .filter((node) => node?.type === "hash_entry")
    .map((node) => unquote(node?.namedChild(0)?.text ?? ""));
}

/** The texts in the list literal assigned to this variable. */
export function listItems(root: Node, variable: string): string[] {
  return assigned(root, variable)
    .filter((node) => node.type === "string_literal")
    .map((node) => unquote(node.text));
}

function assigned(root: Node, variable: string): Node[] {
  for (const node of nodesOf(root))
    if (node.type === "assignment_expression" && node.child(0)?.text === variable) return [...nodesOf(node)];
  throw new Error(`nothing is assigned to ${variable}`);
}

const unquote = (text: string): string => text.replace(/^'(.*)'$/, "$1");
