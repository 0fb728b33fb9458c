import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { main, progress, UserError } from "../command.ts";
import { root } from "../paths.ts";
import { build } from "../setup/build.ts";

type AgentCheck = typeof import("../../provider/dist/agentCheck/index.js");

const usage = `npm run check-agent -- [--host HOST --host-key "ssh-ed25519 AAAA..." [--port 22] [--user NAME]
    [--private-key-file FILE | --credentials SET]] [--shell powershell.exe] [--record FILE]
npm run --silent check-agent -- --print

Starts agent.ps1 on a real Windows, asks everything that only looks, and prints what it answers. Nothing is written
there. Without --host it runs on this machine, which must be Windows. A password comes from the environment:
VOLUME_ACTIVATION_<SET>_PASSWORD with --credentials SET. --print starts nothing: it prints the text that is sent.`;

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: "string" },
      port: { type: "string" },
      user: { type: "string" },
      "host-key": { type: "string" },
      "private-key-file": { type: "string" },
      credentials: { type: "string" },
      shell: { type: "string" },
      record: { type: "string" },
      print: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (values.print) {
    await build();
    const { href } = pathToFileURL(join(root, "provider", "dist", "agent", "index.js"));
    const { agentText } = (await import(href)) as typeof import("../../provider/dist/agent/index.js");
    // A pager that ends early is no error.
    process.stdout.on("error", () => process.exit(0));
    process.stdout.write(agentText());
    return 0;
  }
  if (values.host === undefined && process.platform !== "win32") throw new UserError(usage);
  await build();
  const module = pathToFileURL(join(root, "provider", "dist", "agentCheck", "index.js")).href;
  const { checkAgent, transportFor } = (await import(module)) as AgentCheck;
  const given = {
    host: values.host,
    port: values.port === undefined ? undefined : Number(values.port),
    user: values.user,
    hostKey: values["host-key"],
    privateKeyFile: values["private-key-file"],
    credentials: values.credentials,
    shell: values.shell,
  };
  const transport = transportFor(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  progress(`starting agent.ps1 by ${transport.description}`);
  const rows = await checkAgent(transport);
  const words = { ok: "ok", failed: "FAILED", unproven: "-" };
  for (const { op, outcome, summary } of rows) {
    console.log(`${words[outcome].padEnd(6)} ${op.padEnd(15)} ${summary}`);
  }
  if (values.record)
    writeFileSync(resolve(process.env.INIT_CWD ?? process.cwd(), values.record), `${JSON.stringify(rows, null, 2)}\n`);
  const failed = rows.filter(({ outcome }) => outcome === "failed").length;
  console.log(failed === 0 ? "the agent answers everything that only looks" : `${failed} of ${rows.length} failed`);
  return failed === 0 ? 0 : 1;
});
