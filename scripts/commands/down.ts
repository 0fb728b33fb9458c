import { main, progress } from "../command.ts";
import { stopLab } from "../lab/lab.ts";
import { labStack } from "../pulumi/environment.ts";
import { chosenStack, prepareExisting } from "../setup/deployment.ts";

/** Takes the stack down; the lab ends too, and starts with the same machines next time. */
await main(async (args) => {
  const { stack } = chosenStack(args);
  const deployment = await prepareExisting(args);
  if (deployment) {
    const words = [
      "destroy",
      "--stack",
      stack,
      "--yes",
      "--non-interactive",
      "--skip-preview",
      "--suppress-progress",
      "--continue-on-error",
    ];
    const code = await deployment.pulumi.show([...words, ...deployment.args]);
    if (code !== 0) return code;
  } else {
    progress(`The stack "${stack}" holds nothing: nothing to take down.`);
  }
  if (stack === labStack && (await stopLab())) progress("the lab has ended; its machines keep their state");
  return 0;
});
