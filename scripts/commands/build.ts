import { main } from "../command.ts";
import { build } from "../setup/build.ts";

await main(async () => {
  await build();
  return 0;
});
