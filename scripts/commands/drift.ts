import { main, progress } from "../command.ts";
import { driftLine } from "../report/drift.ts";
import { chosenStack, prepareExisting } from "../setup/deployment.ts";

await main(async (args) => {
  const deployment = await prepareExisting(args);
  if (!deployment) {
    progress(`The stack "${chosenStack(args).stack}" holds nothing to compare with: run "npm run up" first.`);
    return 1;
  }
  const { pulumi, stack } = deployment;
  // The program runs so that the provider has today's credentials; see `configure` of a dynamic provider.
  const words = ["refresh", "--stack", stack, "--run-program", "--preview-only", "--expect-no-changes", "--diff"];
  const code = await pulumi.show([...words, "--non-interactive", ...deployment.args]);
  progress(driftLine(code, process.env.VOLUME_ACTIVATION_ON_UNREACHABLE === "keep"));
  return code;
});
