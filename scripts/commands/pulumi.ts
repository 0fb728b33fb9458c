import { main } from "../command.ts";
import { Pulumi } from "../pulumi/run.ts";
import { build } from "../setup/build.ts";

/** Pulumi commands that run the program or its provider. */
const running = ["up", "update", "preview", "refresh", "destroy", "import", "watch"];

await main(async (args) => {
  const pulumi = await Pulumi.open({ userBackend: true });
  if (args.some((word) => running.includes(word))) await build();
  return pulumi.show(args);
});
