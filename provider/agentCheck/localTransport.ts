import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { type Channel, ConnectError, type Transport } from "../machine/transport";

/** Runs the agent on this Windows itself, without a connection; for checking it, not for resources. */
export function localTransport(shell = "powershell.exe"): Transport {
  const description = `${shell} on this machine`;
  return {
    description,
    open: async (command) => {
      const [, ...words] = command.split(" ");
      const child = spawn(shell, words, { stdio: "pipe", windowsHide: true });
      try {
        await once(child, "spawn");
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new ConnectError("start", `${shell} could not be started: ${why}`, "run this on Windows, or give --host");
      }
      return channelOf(child);
    },
  };
}

function channelOf(child: ChildProcessWithoutNullStreams): Channel {
  child.stdin.on("error", () => {});
  return {
    write: (data) =>
      new Promise((done, fail) => {
        child.stdin.write(data, (error) => (error ? fail(error) : done()));
      }),
    onData: (listener) => {
      child.stdout.on("data", listener);
    },
    onStderr: (listener) => {
      child.stderr.on("data", listener);
    },
    onClose: (listener) => {
      child.on("close", (code) => listener(code === null ? {} : { exitCode: code }));
    },
    close: () => {
      child.stdin.end();
    },
  };
}
