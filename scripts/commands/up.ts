import { duration, main, progress } from "../command.ts";
import { exportedResources, stackCredentials } from "../pulumi/stack.ts";
import { failedMachines, missingMachines, outcome } from "../report/outcome.ts";
import { problemLines, statusTable } from "../report/table.ts";
import { readTopology, type StatusRow } from "../report/topology.ts";
import { waitForPending } from "../report/wait.ts";
import { type Deployment, prepare } from "../setup/deployment.ts";

await main(async (args) => {
  const begin = Date.now();
  const deployment = await prepare(args);
  const { pulumi, stack, lab } = deployment;
  const words = [
    "up",
    "--stack",
    stack,
    "--yes",
    "--non-interactive",
    "--skip-preview",
    "--refresh",
    "--continue-on-error",
  ];
  const code = await pulumi.show([...words, ...deployment.args], {
    // One machine that is off must not keep the others from being looked at: the table names it.
    env: { VOLUME_ACTIVATION_ON_UNREACHABLE: "keep" },
  });
  if (pulumi.interrupted) return code;
  const look = await reader(deployment);
  // Real clients ask every two hours: only the lab's clock makes waiting worth while.
  const rows = lab ? await waitForPending(look) : await look();
  // With the table, not beside it: a copy of the table must say what it shows.
  if (lab) console.log(`simulated Windows (lab), clock x${lab.clockFactor}`);
  console.log(statusTable(rows));
  for (const line of problemLines(rows)) console.log(line);
  const expected = code !== 0 && lab ? lab.machines.map(({ name }) => name) : [];
  const result = outcome(code, [...failedMachines(rows), ...missingMachines(rows, expected)]);
  progress(`${result.line} (${duration(Date.now() - begin)})`);
  return result.code;
});

async function reader({ pulumi, stack, lab }: Deployment): Promise<() => Promise<StatusRow[]>> {
  const resources = await exportedResources(pulumi, stack);
  const credentials = await stackCredentials(pulumi, stack, lab);
  return () => readTopology({ resources, env: process.env, credentials });
}
