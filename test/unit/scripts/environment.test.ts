import { delimiter } from "node:path";
import { expect, it } from "vitest";
import type { Engine } from "../../../scripts/engine/engine.ts";
import { stateDirectory } from "../../../scripts/paths.ts";
import { pulumiEnvironment, stackOf } from "../../../scripts/pulumi/environment.ts";

const engine: Engine = { pulumi: "/engine/pulumi", path: ["/engine"], version: "3.259.0", origin: "built" };
const home = { backend: "/state/backend", home: "/state/home", passphrase: "/state/passphrase", runs: "/state/runs" };
const user = { PATH: "/bin", PULUMI_BACKEND_URL: "file:///mine", PULUMI_HOME: "/mine", PULUMI_CONFIG_PASSPHRASE: "x" };

it("puts the engine's folder first on PATH", () => {
  const env = pulumiEnvironment(user, engine, home, { stack: "lab", userBackend: false, terminal: true });
  expect(env.PATH).toBe(`/engine${delimiter}/bin`);
});

it("keeps the lab stack in our own backend under our own passphrase, whatever the user has set", () => {
  const env = pulumiEnvironment(user, engine, home, { stack: "lab", userBackend: false, terminal: true });
  expect(env).toMatchObject({
    PULUMI_BACKEND_URL: "file:///state/backend",
    PULUMI_HOME: "/state/home",
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_CONFIG_PASSPHRASE_FILE: "/state/passphrase",
  });
});

it("respects the user's passphrase for a stack of the user's", () => {
  const env = pulumiEnvironment(user, engine, home, { stack: "prod", userBackend: false, terminal: true });
  expect([env.PULUMI_CONFIG_PASSPHRASE, env.PULUMI_CONFIG_PASSPHRASE_FILE]).toEqual(["x", undefined]);
});

it("leaves backend, home and passphrase alone when the user's backend is wanted", () => {
  const env = pulumiEnvironment(user, engine, home, { stack: "lab", userBackend: true, terminal: true });
  expect(env).toMatchObject({ ...user, PATH: env.PATH });
  expect(env).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
});

it("asks for no colours where no terminal shows them", () => {
  const env = (terminal: boolean) =>
    pulumiEnvironment({}, engine, home, { stack: undefined, userBackend: false, terminal }).NO_COLOR;
  expect([env(true), env(false)]).toEqual([undefined, "1"]);
});

it("finds the stack in Pulumi's own arguments, and not behind --", () => {
  expect(stackOf(["up", "--stack", "a"])).toBe("a");
  expect(stackOf(["up", "--stack=b"])).toBe("b");
  expect(stackOf(["-s", "c", "up"])).toBe("c");
  expect(stackOf(["up", "--", "--stack", "d"])).toBeUndefined();
});

it("keeps the state of two checkouts apart, and where the user wants it", () => {
  const at = (env: Record<string, string>, checkout: string) => stateDirectory(env, "linux", checkout);
  expect(at({ HOME: "/h" }, "/a")).toMatch(/^\/h\/\.local\/state\/pulumi-volume-activation\/[0-9a-f]{12}$/);
  expect(at({ HOME: "/h", XDG_STATE_HOME: "/x" }, "/a")).toMatch(/^\/x\/pulumi-volume-activation\//);
  expect(at({ VOLUME_ACTIVATION_HOME: "/v", XDG_STATE_HOME: "/x" }, "/a")).toMatch(/^\/v\/[0-9a-f]{12}$/);
  expect(at({ HOME: "/h" }, "/a")).not.toBe(at({ HOME: "/h" }, "/b"));
});
