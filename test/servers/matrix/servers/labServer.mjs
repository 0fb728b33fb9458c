// The lab's name server in a thread of its own: the matrix waits for dig and nsupdate, and holds up the thread it is in.
import { parentPort, workerData } from "node:worker_threads";
import { Lab } from "pulumi-volume-activation-lab";

const { zone, keys, readerName } = workerData;
const network = {
  name: "matrix",
  domain: zone,
  zones: [{ name: zone, allowUpdate: keys.updaters.map(({ name }) => `tsig:${name}`) }],
  machines: [],
};
const lab = await Lab.start({ network, dns: true });
for (const { name, algorithm } of keys.updaters) lab.dns.newKey(name, algorithm, { md5: true, secret: keys.secret });
lab.dns.newKey(readerName, "hmac-sha256", { secret: keys.readerSecret });
parentPort.once("message", () => void lab.stop().then(() => parentPort.close()));
parentPort.postMessage(lab.dns.address.port);
