import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { follow, type Ran, type Started } from "./following";

const root = resolve(__dirname, "../..");
const WORKSPACES: { [name: string]: string } = {
  "pulumi-volume-activation": "sdk",
  "pulumi-volume-activation-provider": "provider",
  "pulumi-volume-activation-lab": "test/lab",
};

interface LabFile {
  admin: { password: string };
  keys: { [name: string]: string };
  dns?: { tsig: { secret: string } };
}

/** A copy of this checkout with its own lab and its own Pulumi state, to run the project's commands in. */
export class Checkout {
  private constructor(
    readonly folder: string,
    private readonly example: string,
  ) {}

  static create(example: "contoso" | "quickstart" | "directory"): Checkout {
    const folder = mkdtempSync(join(tmpdir(), "volume-activation-checkout-"));
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const path of listed.split("\0").filter((name) => name && existsSync(join(root, name)))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path));
    }
    const modules = join(folder, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules"))) {
      const own = WORKSPACES[name];
      symlinkSync(own ? join(folder, own) : join(root, "node_modules", name), join(modules, name));
    }
    return new Checkout(folder, example);
  }

  /** `npm run NAME -- WORDS`, without npm's own start. */
  command(...words: string[]): Promise<Ran> {
    return this.start(...words).finished;
  }

  start(...words: string[]): Started {
    const child = spawn(process.execPath, [join(this.folder, "scripts", "run.mjs"), ...words], {
      cwd: this.folder,
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return follow(child, 100);
  }

  get env(): NodeJS.ProcessEnv {
    return {
      VOLUME_ACTIVATION_HOME: join(this.folder, "home"),
      VOLUME_ACTIVATION_EXAMPLE: this.example,
      NO_COLOR: "1",
    };
  }

  /** Every secret that this checkout's commands may hold and must not show. */
  secrets(): string[] {
    const { admin, keys, dns } = this.lab();
    return [admin.password, ...Object.values(keys), ...(dns ? [dns.tsig.secret] : [])];
  }

  /** A made-up product key by its name in the lab. */
  key(name: string): string {
    const found = Object.entries(this.lab().keys).find(([key]) => key === name || key.includes(name));
    if (!found) throw new Error(`the lab has no key for ${name}`);
    return found[1];
  }

  /** What the running lab wrote down of itself. */
  private lab(): LabFile {
    return JSON.parse(readFileSync(join(this.folder, ".lab", this.example, "lab.json"), "utf8")) as LabFile;
  }

  /** The settings file of the stack that runs on the lab. */
  settings(): string {
    const project = this.example === "contoso" ? this.folder : join(this.folder, "examples", this.example);
    return readFileSync(join(project, "Pulumi.lab.yaml"), "utf8");
  }

  /** Process ids of the engines that run for this checkout. */
  engines(): number[] {
    const home = join(this.folder, "home");
    return readdirSync(home).flatMap((name) => {
      const runs = join(home, name, "runs");
      if (!existsSync(runs)) return [];
      return readdirSync(runs).map(
        (file) => (JSON.parse(readFileSync(join(runs, file), "utf8")) as { engine: number }).engine,
      );
    });
  }

  async remove(): Promise<void> {
    await this.command("lab", "stop");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Command lines of every process that runs inside this folder (Linux only; elsewhere none are seen). */
export function commandLinesIn(folder: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        return environment.includes(folder) && line ? [line] : [];
      } catch {
        return [];
      }
    });
}
