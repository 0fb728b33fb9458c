import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const SDK = join(__dirname, "../../../sdk");

/** One argument as the SDK's source declares it. */
export interface Argument {
  /** Like "listeningPort", "activation.method" or "publishDomains[].domain". */
  path: string;
  required: boolean;
  /** Text of its `@default` tag. */
  default: string | undefined;
}

/** The part of the SDK that the documents speak about: argument interfaces and resource classes. */
export interface SdkText {
  /** Names of the exported resource classes that have an argument interface of the same name with "Args". */
  resources: string[];
  argumentsOf(interfaceName: string): Argument[];
  outputsOf(className: string): string[];
}

/** Described once for all resources, in sections of their own. */
const DESCRIBED_ELSEWHERE = ["ConnectionArgs", "EndpointArgs"];

export function readSdk(): SdkText {
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  const classes = new Map<string, ts.ClassDeclaration>();
  for (const file of readdirSync(join(SDK, "resources")).filter((name) => name.endsWith(".ts"))) {
    for (const node of parse(join(SDK, "resources", file)).statements) {
      if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
      if (ts.isClassDeclaration(node) && node.name) classes.set(node.name.text, node);
    }
  }

  const argumentsOf = (name: string, prefix = ""): Argument[] => {
    const found = interfaces.get(name);
    if (!found) throw new Error(`the SDK has no interface ${name}`);
    const bases = (found.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap(({ expression }) => argumentsOf(expression.getText(), prefix)),
    );
    const own = found.members.filter(ts.isPropertySignature).flatMap((member) => {
      const path = prefix + member.name.getText();
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === "default");
      const argument: Argument = {
        path,
        required: member.questionToken === undefined,
        default: tag && oneLine(ts.getTextOfJSDocComment(tag.comment) ?? ""),
      };
      const type = member.type?.getText() ?? "";
      const inner = [...interfaces.keys()].find((candidate) => new RegExp(`\\b${candidate}\\b`).test(type));
      if (!inner || DESCRIBED_ELSEWHERE.includes(inner)) return [argument];
      return [argument, ...argumentsOf(inner, `${path}${type.includes("[]") ? "[]" : ""}.`)];
    });
    return [...bases, ...own];
  };

  return {
    resources: exportedNames().filter((name) => classes.has(name) && interfaces.has(`${name}Args`)),
    argumentsOf: (name) => argumentsOf(name),
    outputsOf: (name) =>
      (classes.get(name)?.members ?? [])
        .filter(ts.isPropertyDeclaration)
        .flatMap((member) => (member.name ? [member.name.getText()] : [])),
  };
}

function exportedNames(): string[] {
  return parse(join(SDK, "index.ts")).statements.flatMap((node) =>
    ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)
      ? node.exportClause.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
      : [],
  );
}

const parse = (path: string) => ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
