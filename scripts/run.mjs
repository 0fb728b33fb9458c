// Starts one command of this repository: `node scripts/run.mjs COMMAND [ARGUMENTS]`.
// Plain JavaScript for Node 20 and later, because it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const scripts = dirname(fileURLToPath(import.meta.url));
const root = dirname(scripts);
const modules = join(root, "node_modules");

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** @param {string} path @returns {Record<string, { version?: string, integrity?: string, link?: boolean, optional?: boolean }>} */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Whether node_modules holds what package-lock.json says. npm leaves its own account of what it installed there; packages
 * for other platforms are missing from it by right.
 */
function installedAsLocked() {
  const installed = lockedPackages(join(modules, ".package-lock.json"));
  return Object.entries(lockedPackages(join(root, "package-lock.json")))
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, wanted]) => {
      const found = installed[path];
      if (!found) return wanted.optional === true;
      return found.version === wanted.version && found.integrity === wanted.integrity && found.link === wanted.link;
    });
}

function installDependencies() {
  const stamp = join(modules, ".volume-activation-lock-hash");
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  if (!existsSync(modules) || !installedAsLocked()) {
    console.error("installing the dependencies (npm ci), about a minute, once");
    let done = npm("ci");
    // A lock that was made where some platforms' packages could not be seen lacks these, and "npm ci" then refuses it
    // on every platform. What the lock does name is installed as named all the same.
    if (done.status !== 0 && done.stderr.includes("from lock file")) done = npm("install", "--no-save");
    if (done.status !== 0) {
      fail(`${done.stdout}${done.stderr}\nThe dependencies could not be installed in ${root}: npm's answer is above.`);
    }
  }
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, hash);
}

/** @param {string[]} words */
function npm(...words) {
  const args = [...words, "--loglevel=error", "--no-progress"];
  /** @type {import("node:child_process").SpawnSyncOptionsWithStringEncoding} */
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
  // Inside of "npm run" the very same npm, which on Windows is no program but a script.
  const self = process.env.npm_execpath;
  const done = self?.endsWith(".js")
    ? spawnSync(process.execPath, [self, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (done.error) fail(`npm could not be started (${done.error.message}). Install npm, or run "npm ci" by hand.`);
  return done;
}

/**
 * The Node that the commands run on: the one that came as a dependency (24), else the running one.
 * @returns {{ node: string, flags: string[] }}
 */
function chooseNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const bundled = join(modules, `node-${platform}-${process.arch}`, "bin", file);
  // It may be there and not run, as on a Linux without glibc.
  if (existsSync(bundled) && spawnSync(bundled, ["--version"]).status === 0) return { node: bundled, flags: [] };
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 6)) {
    fail(
      `Node ${process.versions.node} is running, and the Node 24 among the dependencies does not run on ` +
        `${process.platform}-${process.arch}. Install Node 22.18 or later, and run this again.`,
    );
  }
  const stripsByItself = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
  return { node: process.execPath, flags: stripsByItself ? [] : ["--experimental-strip-types"] };
}

const [command = "", ...args] = process.argv.slice(2);
const file = resolve(scripts, "commands", `${command}.ts`);
if (!/^[a-z-]+$/.test(command) || !existsSync(file)) {
  const known = readdirSync(join(scripts, "commands")).map((name) => name.replace(/\.ts$/, ""));
  fail(`There is no command "${command}". Commands: ${known.sort().join(", ")}.`);
}

installDependencies();
const { node, flags } = chooseNode();
const child = spawn(node, [...flags, "--disable-warning=ExperimentalWarning", file, ...args], {
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: [dirname(node), join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter),
    VOLUME_ACTIVATION_CALLED_FROM: process.env.INIT_CWD ?? process.cwd(),
  },
});
child.on("error", (error) => fail(`The command "${command}" could not be started with ${node}: ${error.message}`));

// A terminal sends Ctrl-C to everyone in the foreground by itself; passed on as well, it would count twice.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
// npm does not pass on what kills it, and its shell dies with it: then this run is not wanted any more either.
const parent = process.ppid;
if (process.env.npm_lifecycle_event === command) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 500);
}
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
