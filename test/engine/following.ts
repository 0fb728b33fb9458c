import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

export interface Ran {
  code: number;
  /** Both streams, in the order in which they came. */
  output: string;
}

export interface Started {
  pid: number;
  finished: Promise<Ran>;
}

/** Follows a program to its end, and `afterMs` longer for what is still in its streams. */
export function follow(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
  afterMs: number,
  onText: (text: string) => void = () => {},
): Started {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
      onText(text);
    });
  }
  const finished = new Promise<Ran>((done, fail) => {
    child.on("error", fail);
    // `exit`, not `close`: programs that outlive a killed engine hold its streams open.
    child.on("exit", (code) => setTimeout(() => done({ code: code ?? -1, output }), afterMs));
  });
  return { pid: child.pid ?? -1, finished };
}
