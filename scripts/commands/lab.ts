import { main } from "../command.ts";
import { labArguments } from "../lab/arguments.ts";
import { labProgram } from "../lab/lab.ts";
import { labDirectory, root } from "../paths.ts";
import { runHere } from "../program.ts";
import { build } from "../setup/build.ts";

await main(async (args) => {
  await build();
  return runHere(process.execPath, [labProgram, ...labArguments(args, labDirectory)], { cwd: root });
});
