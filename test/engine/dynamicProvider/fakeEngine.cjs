// Plays the Pulumi engine: starts the provider (or a launcher script of it) as its child, and is killed by the test.
const { spawn } = require("node:child_process");
const [command, ...args] = JSON.parse(process.env.FAKE_ENGINE_STARTS);
spawn(command, args, { stdio: "inherit" });
setInterval(() => {}, 1000);
