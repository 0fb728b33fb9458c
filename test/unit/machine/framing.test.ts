import { describe, expect, it } from "vitest";
import { type Frame, LineSplitter } from "../../../provider/machine/framing";

function split(input: Buffer | string, pieces = Number.MAX_SAFE_INTEGER, limit?: number): Frame[] {
  const bytes = Buffer.isBuffer(input) ? input : Buffer.from(input);
  const splitter = new LineSplitter(limit);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += pieces) frames.push(...splitter.push(bytes.subarray(at, at + pieces)));
  return [...frames, ...splitter.end()];
}

describe("the line splitter", () => {
  const conversation =
    'Welcome to KMS01\r\n\r\n@A {"ready":{}}\r\n警告: stray\n@A {"id":1,"ok":true,"result":"東京"}\n';
  const expected: Frame[] = [
    { kind: "noise", text: "Welcome to KMS01" },
    { kind: "message", json: '{"ready":{}}' },
    { kind: "noise", text: "警告: stray" },
    { kind: "message", json: '{"id":1,"ok":true,"result":"東京"}' },
  ];

  it.each([1, 2, 3, 7, 1000])("gives the same lines for chunks of %i bytes", (pieces) => {
    expect(split(conversation, pieces)).toEqual(expected);
  });

  it("finds a message after stray text that did not end its line", () => {
    expect(split('PS C:\\> @A {"id":1,"ok":true,"result":{}}\n')).toEqual([
      { kind: "noise", text: "PS C:\\> " },
      { kind: "message", json: '{"id":1,"ok":true,"result":{}}' },
    ]);
  });

  it("takes a byte order mark before the sentinel for stray text", () => {
    expect(split('\uFEFF@A {"id":1}\n').at(-1)).toEqual({ kind: "message", json: '{"id":1}' });
  });

  it("takes a quotation of the sentinel that is not followed by JSON for noise", () => {
    const text = 'At line:1 char:1 \'@A {"fatal":"languagemode","mode":"\'+$m+\'"}\'';
    expect(split(`${text}\n`)).toEqual([{ kind: "noise", text }]);
  });

  it("gives the last line when the stream ends without a line end", () => {
    expect(split("bye")).toEqual([{ kind: "noise", text: "bye" }]);
  });

  it("throws a line over the limit away, says so once, and goes on with the next", () => {
    const frames = split(`${"x".repeat(5000)}\n@A {"id":2}\n`, 64, 100);
    expect(frames).toEqual([{ kind: "tooLong" }, { kind: "message", json: '{"id":2}' }]);
  });

  it("keeps no more than the limit in memory, however long a line gets", () => {
    const splitter = new LineSplitter(1000);
    const chunk = Buffer.alloc(900, 0x61);
    for (let i = 0; i < 1000; i++) splitter.push(chunk);
    const { parts, held } = splitter as unknown as { parts: Buffer[]; held: number };
    expect(parts.length).toBe(0);
    expect(held).toBe(0);
  });

  it("keeps its own copy of a chunk that the transport uses again", () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.from("@A {");
    splitter.push(chunk);
    chunk.fill(0);
    expect(splitter.push(Buffer.from('"id":3}\n'))).toEqual([{ kind: "message", json: '{"id":3}' }]);
  });

  it("survives any bytes", () => {
    let seed = 42;
    const next = () => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 16) & 0xff;
    };
    const bytes = Buffer.from(Array.from({ length: 20_000 }, next));
    for (const pieces of [1, 13, 4096]) {
      const frames = split(bytes, pieces);
      expect(frames.length).toBeGreaterThan(10);
      expect(frames.every((frame) => frame.kind === "noise")).toBe(true);
    }
  });
});
