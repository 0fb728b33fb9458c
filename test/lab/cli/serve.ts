import { rmSync } from "node:fs";
import { agentHash } from "pulumi-volume-activation-provider/agent/index";
import { Lab } from "../lab";
import { NETWORKS } from "../networks/index";
import { writeJson } from "../state/file";
import { CliError, LabDirectory, type LabFile } from "./directory";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface ServeOptions {
  network: string;
  state: string;
  clock: number;
  json?: boolean;
}

/** Runs a lab in the foreground until SIGINT, SIGTERM or the command `stop`. */
export async function serve(options: ServeOptions): Promise<void> {
  const network = NETWORKS[options.network];
  if (!network) {
    throw new CliError(`No network is called "${options.network}"; there is ${Object.keys(NETWORKS).join(", ")}.`, 2);
  }
  const directory = new LabDirectory(options.state);
  const unlock = await directory.lock();
  try {
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    for (const signal of SIGNALS) process.once(signal, end);
    const lab = await Lab.start({
      network,
      stateFile: directory.stateFile,
      clockFactor: options.clock,
      ssh: true,
      dns: true,
      control: true,
      onStop: end,
    });
    try {
      const file = describe(lab);
      writeJson(directory.labFile, file);
      announce(file, directory, options.json === true);
      await ended;
    } finally {
      for (const signal of SIGNALS) process.off(signal, end);
      await lab.stop();
    }
  } finally {
    unlock();
    // Last: who waits for the lab's end waits for this.
    rmSync(directory.labFile, { force: true });
  }
}

function describe(lab: Lab): LabFile {
  if (!lab.control) throw new Error("The lab has no control.");
  return {
    pid: process.pid,
    control: lab.control,
    clockFactor: lab.clockFactor,
    network: lab.network.name,
    agentHash: agentHash(),
    machines: lab.machines.map(({ name, fqdn, address, host, port, hostKey, os, language }) => ({
      name,
      fqdn,
      address,
      host,
      port,
      hostKey,
      os,
      language,
    })),
    admin: lab.admin,
    keys: lab.keys,
    ...(lab.hasDns ? { dns: { ...lab.dns.address, zones: lab.dns.zones, tsig: lab.dns.tsig } } : {}),
  };
}

/** No password, key or token: those are in lab.json, which only its owner may read. */
function announce(file: LabFile, directory: LabDirectory, json: boolean): void {
  if (json) {
    const { pid, clockFactor, machines } = file;
    const dns = file.dns && { host: file.dns.host, port: file.dns.port, zones: file.dns.zones };
    console.log(JSON.stringify({ ready: true, directory: directory.path, pid, clockFactor, machines, dns }));
    return;
  }
  console.log(`The lab is ready: simulated Windows machines, clock x${file.clockFactor}.`);
  for (const { name, host, port, os, language } of file.machines) {
    console.log(`  ${name.padEnd(8)} ${`${host}:${port}`.padEnd(16)} ${os} (${language})`);
  }
  if (file.dns)
    console.log(`  DNS      ${`${file.dns.host}:${file.dns.port}`.padEnd(16)} ${file.dns.zones.join(", ")}`);
  console.log(`Account, keys and host keys: ${directory.labFile}. Stop it with Ctrl+C.`);
}
