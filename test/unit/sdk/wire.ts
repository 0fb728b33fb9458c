import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

/** The engine's mark of a secret on the wire. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/** One registration as the engine would get it: secrets where the program's SDK marked them. */
export interface Registration {
  type: string;
  name: string;
  inputs: { [name: string]: unknown };
  secretOutputs: string[];
  replaceOnChanges: string[];
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): { [name: string]: unknown } };
  getAdditionalsecretoutputsList(): string[];
  getReplaceonchangesList(): string[];
}
type Register = (this: object, request: RegisterRequest, callback: unknown) => Promise<void>;

/** What a secret stands as in {@link Registration}. */
export const secret = (value: unknown) => ({ secret: value });

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  if (SECRET_MARK in value) return secret((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]));
}

/**
 * Mocks the engine. The mocks' own `newResource` cannot tell which leaf of an object is secret (it lifts the mark to the
 * top), so the request itself is looked at.
 */
export function recordRegistrations(outputs: { [name: string]: unknown } = {}): Registration[] {
  const registrations: Registration[] = [];
  const load = createRequire(__filename);
  const { MockMonitor } = load("@pulumi/pulumi/runtime/mocks") as {
    MockMonitor: { prototype: { registerResource: Register } };
  };
  const original = MockMonitor.prototype.registerResource;
  pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: { ...inputs, ...outputs } }),
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
    false,
  );
  MockMonitor.prototype.registerResource = async function (request, callback) {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      inputs: shown(request.getObject().toJavaScript()) as Registration["inputs"],
      secretOutputs: request.getAdditionalsecretoutputsList(),
      replaceOnChanges: request.getReplaceonchangesList(),
    });
    return original.call(this, request, callback);
  };
  restorers.push(() => {
    MockMonitor.prototype.registerResource = original;
  });
  return registrations;
}

const restorers: (() => void)[] = [];
export function stopRecording(): void {
  for (const restore of restorers.splice(0)) restore();
}

/** The value that an output takes. */
export const outputValue = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
