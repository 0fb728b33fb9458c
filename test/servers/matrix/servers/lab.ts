import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { inFolder } from "./process";
import { keyFile, type MatrixServer, makeKeys, READER, withKeys } from "./server";

const ZONE = "lab.test";

/** The lab's own DNS server, as it was built last (`npm test` builds first): a thread cannot run the sources. */
export function startLab(): Promise<MatrixServer> {
  return inFolder("matrix-lab", async (folder) => {
    const keys = makeKeys();
    const worker = new Worker(join(__dirname, "labServer.mjs"), {
      workerData: { zone: ZONE, keys, readerName: READER },
    });
    const ended = once(worker, "exit");
    const [port] = (await once(worker, "message")) as [number];
    const stop = async () => {
      worker.postMessage("stop");
      await ended;
      await folder.clear();
    };
    const keyPath = folder.write("updater.key", keyFile(keys), 0o600);
    return { ...withKeys("lab", port, ZONE, keys, keyPath), stop };
  });
}
