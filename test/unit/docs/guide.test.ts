import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ROOT, section, table, textOf } from "./markdown";

/** Titles of the deployment guide's sections that have a procedure, in its order. */
const SECTIONS = [
  "設定 KMS 主機",
  "遠端執行 Slmgr.vbs",
  "為遠端軟體授權管理員作業設定 Windows 防火牆",
  "以工作群組電腦為目標的遠端作業",
  "設定 DNS",
  "變更 SRV 記錄的預設 DNS 權限",
  "發佈到多個 DNS 網域",
  "手動在 DNS 中建立 SRV 記錄",
  "手動在 BIND 8.2 或更高的 DNS 伺服器中建立 SRV 記錄",
  "停用將 KMS SRV 記錄發佈到 DNS",
  "安裝 KMS 主機",
  "設定 KMS 用戶端",
  "手動指定 KMS 主機",
  "啟用 KMS 用戶端的自動探索",
  "將尾碼項目新增到 KMS 用戶端",
  "部署 KMS 用戶端",
  "手動啟用 KMS 用戶端",
  "將 MAK 用戶端轉換為 KMS，將 KMS 用戶端轉換為 MAK",
  "將零售版本轉換為大量啟用",
  "將 KMS 用戶端轉換為 MAK 啟用",
  "在安裝作業系統期間安裝 MAK",
  "在安裝作業系統後安裝 MAK",
  "停用自動啟用",
  "啟用 MAK 用戶端",
  "透過網際網路啟用 MAK 用戶端",
  "透過代理伺服器啟用 MAK 用戶端",
  "使用電話啟用 MAK 用戶端",
  "使用 VAMT 啟用 MAK 用戶端",
  "整合 MAK 與 Deployment Workbench",
  "重新啟用電腦",
  "啟用標準使用者啟用",
  "停用啟用通知",
  "啟用功能的登錄金鑰變更",
  "附錄 B：自動安裝檔案範例",
];
/** What the README may call open: each is a piece of work of its own. */
const OPEN = ["management station"];

const text = section(textOf("README.md"), "## The deployment guide as code");
const rows = table(text, "Guide section").map(([title = "", write = "", test = ""]) => ({ title, write, test }));

interface Named {
  file: string;
  names: string[];
}

/** `[file](path) "name", "name"`, as often as they stand in a cell. */
function namedTests(cell: string): Named[] {
  return [...cell.matchAll(/\]\((test\/[^)]+)\)((?:,? ?"[^"]+")+)/g)].map(([, file = "", names = ""]) => ({
    file,
    names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
  }));
}

const openOf = (cell: string): string[] =>
  [...cell.matchAll(/open: ([A-Za-z ]+)/g)].map(([, what = ""]) => what.trim());

/** Titles of a test file's suites and tests. */
function titlesOf(file: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    const first = ts.isCallExpression(node) ? node.arguments[0] : undefined;
    if (ts.isCallExpression(node) && first && ts.isStringLiteralLike(first)) {
      if (/^(describe|it)\b/.test(node.expression.getText())) titles.push(first.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true));
  return titles;
}

describe("the README's table of the deployment guide", () => {
  it("has a row for every section of the guide, in the guide's order", () => {
    const titles = rows.flatMap(({ title }) => (title.includes(" · ") ? [title.split(" · ")[0] ?? ""] : []));
    expect(titles).toEqual(SECTIONS);
  });

  it.each(rows)("$title: says what to write, and names tests that exist", ({ title, write, test }) => {
    expect(write.length, title).toBeGreaterThan(3);
    const named = namedTests(test);
    expect(named.length + openOf(test).length, `${title}: no test and not open`).toBeGreaterThan(0);
    for (const { file, names } of named) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      const titles = titlesOf(file);
      for (const name of names) {
        expect(
          titles.filter((one) => one.includes(name)),
          `${file} has no test "${name}"`,
        ).not.toEqual([]);
      }
    }
  });

  it("leads to every file of test/guide", () => {
    const files = readdirSync(join(ROOT, "test/guide")).filter((name) => name.endsWith(".test.ts"));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((name) => !text.includes(`(test/guide/${name})`))).toEqual([]);
  });

  it("calls open only what is work of its own", () => {
    expect(rows.flatMap(({ test }) => openOf(test)).sort()).toEqual([...OPEN].sort());
  });

  it("is followed by how each disagreement of the sources is settled", () => {
    const settled = table(text, "Question");
    expect(settled.length).toBeGreaterThanOrEqual(8);
    for (const [question = "", sources = "", taken = ""] of settled) {
      expect(question).toMatch(/\?$/);
      expect(Math.min(sources.length, taken.length), question).toBeGreaterThan(20);
    }
  });
});
