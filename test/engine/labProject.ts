import { Lab, type MachineSpec, type NetworkSpec } from "pulumi-volume-activation-lab";
import { afterAll, beforeAll, expect } from "vitest";
import { Project } from "./project";

/** A lab in this process, its machines over real SSH, and a project whose configuration knows them. */
export interface LabProject {
  lab: Lab;
  project: Project;
  end(): Promise<void>;
}

/** A KMS host to be: its key is sold, and not installed. */
export const KMS01: MachineSpec = {
  name: "kms01",
  os: "ws2022",
  edition: "ServerDatacenter",
  address: "10.0.0.10",
  csvlk: "ws2025",
};

/** Two servers and one host: few, so that each engine run stays short. */
export const SMALL: NetworkSpec = {
  name: "small",
  domain: "contoso.com",
  machines: [
    { ...KMS01, firewallGroups: ["@FirewallAPI.dll,-28002"] },
    { name: "srv01", os: "ws2019", edition: "ServerStandard", address: "10.0.0.21", language: "zh-TW" },
    { name: "srv02", os: "ws2022", edition: "ServerStandard", address: "10.0.0.22", initialKey: "retail" },
  ],
  keys: { second: { kind: "csvlk", csvlk: "ws2025" } },
};

export async function labProject(program: string, network: NetworkSpec = SMALL): Promise<LabProject> {
  const lab = await Lab.start({ network, ssh: true });
  const project = await Project.create({ program });
  const machines = Object.fromEntries(
    lab.machines.map(({ name, host, port, hostKey }) => [name, { host, port, hostKey, credentials: "admin" }]),
  );
  await project.configure(
    { machines },
    {
      "volume-activation:credentials": credentials(lab),
      ...("kms01" in lab.keys ? { hostKey: keyOf(lab, "kms01") } : {}),
    },
  );
  return {
    lab,
    project,
    end: async () => {
      await lab.stop();
      project.remove();
    },
  };
}

/** The same for the tests around this call, `ready` done before the first of them; it ends after the last. */
export function labProjectAround(
  program: string,
  network: NetworkSpec = SMALL,
  ready: (at: LabProject) => Promise<void> = async () => {},
): LabProject {
  let made: LabProject | undefined;
  const at = (): LabProject => {
    if (!made) throw new Error("the lab has not started");
    return made;
  };
  beforeAll(async () => {
    made = await labProject(program, network);
    await ready(made);
  });
  afterAll(() => made?.end());
  return {
    get lab() {
      return at().lab;
    },
    get project() {
      return at().project;
    },
    end: () => at().end(),
  };
}

export const credentials = (lab: Lab, password = lab.admin.password): string =>
  JSON.stringify({ admin: { user: lab.admin.user, password } });

export function keyOf(lab: Lab, name: string): string {
  const key = lab.keys[name];
  if (!key) throw new Error(`the lab has no key called ${name}`);
  return key;
}

/** Each activation that was spent at the lab's Microsoft, oldest first. */
export const spent = (lab: Lab): string[] => lab.ledger().map(({ machine, method }) => `${machine} by ${method}`);

/** How often a sold key has been activated altogether, by Microsoft's own books. */
export function taken(lab: Lab, key: string): number {
  const sold = lab.balances().find(({ name }) => name === key);
  if (!sold) throw new Error(`the lab has sold no key called ${key}`);
  return Object.values(sold.hosts).reduce((total, count) => total + count, 0);
}

/** A preview is empty, and an `up` changes nothing on these machines. */
export async function expectSettled({ lab, project }: LabProject, machines: readonly string[]): Promise<void> {
  const before = machines.map((name) => untouched(lab, name));
  const preview = await project.preview();
  expect(preview.code, preview.output).toBe(0);
  const up = await project.up();
  expect(up.code, up.output).toBe(0);
  expect(up.output).not.toMatch(/\d+ (updated|created|replaced)/);
  expect(machines.map((name) => untouched(lab, name))).toEqual(before);
}

/** What must stay as it was when nothing may be touched: all but the clock and the counters of looking. */
export function untouched(lab: Lab, machine: string): string {
  const { clock: _, counters: __, notes: ___, ...rest } = lab.state(machine);
  return JSON.stringify(rest);
}

/** PROGRAM of one host; `settings` is the text of further arguments. */
export const hostProgram = (settings = "") => `
  const machines = config.requireObject("machines");
  const host = new activation.KmsHost("kms01", {
    connection: machines.kms01,
    productKey: config.requireSecret("hostKey"),
    dnsPublishing: false,
    ${settings}
  });
  exports.status = host.licenseStatus;
`;
