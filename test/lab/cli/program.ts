import type { Command } from "commander" with { "resolution-mode": "import" };
import { z } from "zod";
import { CliError, LabDirectory } from "./directory";
import { dnsAnswer, ledgerAnswer, printDns, printLedger, printState, stateAnswer } from "./print";
import { type ServeOptions, serve } from "./serve";

const DEFAULT_DIRECTORY = ".lab";

const changeAnswer = z.object({ output: z.string(), exitCode: z.int() });

function factor(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new CliError("The clock factor must be a number from 0.", 2);
  return number;
}

/** `latencyMs=200`, `down=true`, `hangOn=slmgr`, `dieAfterStep=1`, `hangOn=null`. */
function parseFault(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [name = "", ...rest] = text.split("=");
  const value = rest.join("=");
  if (name === "") throw new CliError("A fault must be NAME or NAME=VALUE.", 2);
  if (value === "" || value === "true" || value === "on") return { ...before, [name]: true };
  if (value === "false" || value === "off") return { ...before, [name]: false };
  if (value === "null" || value === "none") return { ...before, [name]: null };
  return { ...before, [name]: /^-?[0-9]+$/.test(value) ? Number(value) : value };
}

/** The command line of the lab. Commander is an ES module, so that CommonJS must import it at run time. */
export async function program(): Promise<Command> {
  const { Command } = await import("commander");
  const root = new Command("volume-activation-lab")
    .description("A simulated Windows network to test pulumi-volume-activation programs on.")
    .enablePositionalOptions()
    .showHelpAfterError();
  const command = (text: string, description: string) =>
    root.command(text).description(description).option("--state <dir>", "directory of the lab", DEFAULT_DIRECTORY);

  command("serve", "Run the lab in the foreground.")
    .option("--network <name>", "which network", "quickstart")
    .option("--clock <factor>", "how many times as fast as real time the lab's clock runs", factor, 3600)
    .option("--json", "print one line of JSON when ready")
    .action((options: ServeOptions) => serve(options));

  command("state <host>", "Show a machine, or dns, the DNS server.")
    .option("--json", "everything, as JSON")
    .action(async (machine: string, options: { state: string; json?: boolean }) => {
      const answer = await new LabDirectory(options.state).ask("state", { machine });
      if (options.json) console.log(JSON.stringify(answer, null, 2));
      else if (machine.toLowerCase() === "dns") printDns(dnsAnswer.parse(answer));
      else printState(stateAnswer.parse(answer));
    });

  command("change <host> [words...]", "Change a machine, or dns, behind everybody's back, in an administrator's words.")
    .passThroughOptions()
    .action(async (machine: string, words: string[], options: { state: string }) => {
      const answer = changeAnswer.parse(await new LabDirectory(options.state).ask("change", { machine, words }));
      console.log(answer.output);
      // A shell sees eight bits; an HRESULT whose last byte is 0 must not look like success.
      if (answer.exitCode !== 0) process.exitCode = answer.exitCode & 0xff || 1;
    });

  command("ledger", "Show every activation that was spent.")
    .option("--json", "with the balances, as JSON")
    .action(async (options: { state: string; json?: boolean }) => {
      const answer = ledgerAnswer.parse(await new LabDirectory(options.state).ask("ledger"));
      if (options.json) console.log(JSON.stringify(answer, null, 2));
      else printLedger(answer);
    });

  command("fault <host> <name=value...>", "Make something go wrong on a machine, or at dns, or right again.").action(
    async (machine: string, settings: string[], options: { state: string }) => {
      const faults = settings.reduce<Record<string, unknown>>((before, text) => parseFault(text, before), {});
      console.log(JSON.stringify(await new LabDirectory(options.state).ask("fault", { machine, faults })));
    },
  );

  command("phone <host>", "Call Microsoft for a machine: spends an activation and prints the confirmation id.").action(
    async (machine: string, options: { state: string }) => {
      const answer = await new LabDirectory(options.state).ask("phone", { machine });
      console.log(z.object({ confirmationId: z.string() }).parse(answer).confirmationId);
    },
  );

  command("reset", "Put all machines back to the start; addresses and keys stay.").action(
    async (options: { state: string }) => {
      await new LabDirectory(options.state).ask("reset");
      console.log("The lab is as at its start.");
    },
  );

  command("stop", "Stop the lab; its state stays.").action(async (options: { state: string }) => {
    const directory = new LabDirectory(options.state);
    await directory.ask("stop");
    await gone(directory);
    console.log("The lab has stopped.");
  });
  return root;
}

/** Until the lab has written its state and given the directory up, at most ten seconds. */
async function gone(directory: LabDirectory): Promise<void> {
  for (let waited = 0; waited < 10_000 && directory.read() !== undefined; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
