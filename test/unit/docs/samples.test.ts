import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { blocks, documents, ROOT, textOf } from "./markdown";

/** What the text around a sample explains, or an earlier sample has made. */
const GIVEN = `
declare const config: import("@pulumi/pulumi").Config;
declare const connection: { host: string; hostKey: string; user: string; password: string };
declare const answerFile: import("@pulumi/pulumi").Output<string>;
declare const firstHost: import("pulumi-volume-activation").KmsHost;
`;

const GIVEN_FILE = join(ROOT, "test", "given.d.ts");

interface Sample {
  /** Document and number, like "README.md 3". */
  name: string;
  file: string;
  text: string;
}

const samples: Sample[] = documents().flatMap((document) =>
  blocks(textOf(document), "typescript").map((text, index) => ({
    name: `${document} ${index + 1}`,
    // What waits at its top is no CommonJS module, which programs of Pulumi are.
    file: join(
      ROOT,
      "test",
      `${document.replaceAll("/", "-")}-${index + 1}.${/^\S.*\bawait /m.test(text) ? "mts" : "ts"}`,
    ),
    // A sample without an import would be a script, and share its names with all others.
    text: `${text}\nexport {};\n`,
  })),
);

/** Exports of the SDK, so that a sample may leave its import out. */
function sdkNames(): string {
  const from = 'import("pulumi-volume-activation")';
  const names = Object.keys(require("pulumi-volume-activation") as object);
  return names.map((name) => `declare const ${name}: (typeof ${from})["${name}"];`).join("\n");
}

/** Every complaint of the compiler, by the sample's file. */
function compiled(): Map<string, string[]> {
  const path = join(ROOT, "tsconfig.base.json");
  const base = ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, ROOT);
  const options: ts.CompilerOptions = { ...base.options, noEmit: true, composite: false, types: ["node"] };
  const texts = new Map([
    [GIVEN_FILE, `${GIVEN}${sdkNames()}`],
    ...samples.map(({ file, text }) => [file, text] as const),
  ]);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const told = (file: string) => texts.get(join(file));
  host.fileExists = (file) => told(file) !== undefined || fileExists(file);
  host.readFile = (file) => told(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = told(file);
    return text === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version, true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const all = ts.getPreEmitDiagnostics(program);
  const of = (file: string) => all.filter((one) => one.file !== undefined && join(one.file.fileName) === file);
  const words = ({ messageText }: ts.Diagnostic) => ts.flattenDiagnosticMessageText(messageText, "\n");
  return new Map([...texts.keys()].map((file) => [file, of(file).map(words)]));
}

describe("the TypeScript samples of the documents", () => {
  let complaints = new Map<string, string[]>();
  beforeAll(() => {
    if (!existsSync(join(ROOT, "sdk", "dist"))) throw new Error('the packages are not built: run "npm run build"');
    complaints = compiled();
  }, 60_000);

  it("are there, and what is given to them is right itself", () => {
    expect(samples.length).toBeGreaterThan(8);
    expect(complaints.get(GIVEN_FILE)).toEqual([]);
  });

  it.each(samples)("$name compiles", ({ file }) => {
    expect(complaints.get(file)).toEqual([]);
  });
});
