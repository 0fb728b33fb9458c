import { join } from "node:path";
import ts from "typescript";

/** The folder of the installed npm package @pulumi/command. */
const folder = () => join(require.resolve("@pulumi/command/package.json"), "..");

/** Names of an interface's fields as the package @pulumi/command itself declares them, in alphabetical order. */
export function fieldsOf(file: string, name: string): string[] {
  const path = join(folder(), file);
  const source = ts.createSourceFile(path, ts.sys.readFile(path) ?? "", ts.ScriptTarget.Latest, true);
  const fields: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) {
      fields.push(...node.members.flatMap((member) => (member.name ? [member.name.getText()] : [])));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (fields.length === 0) throw new Error(`@pulumi/command declares no interface ${name} in ${file}`);
  return fields.sort();
}

export const connectionFields = () => fieldsOf("types/input.d.ts", "ConnectionArgs");
export const proxyFields = () => fieldsOf("types/input.d.ts", "ProxyConnectionArgs");
