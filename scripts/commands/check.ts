import { main } from "../command.ts";
import { check } from "../setup/check.ts";

await main(async () => ((await check(Number.POSITIVE_INFINITY)).length === 0 ? 0 : 1));
