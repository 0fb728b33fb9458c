#!/usr/bin/env node
import { CliError } from "./cli/directory";
import { program } from "./cli/program";

program()
  .then((root) => root.parseAsync())
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof CliError ? error.exitCode : 1;
  });
