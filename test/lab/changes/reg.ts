import type { RegistryKind, RegistryValue } from "pulumi-volume-activation-provider/machine/protocol";
import type { Machine } from "../machine/machine";
import { ChangeRefused, type ChangeResult } from "./words";

const ROOTS = /^(HKLM|HKEY_LOCAL_MACHINE)\\/i;
const KINDS = ["REG_SZ", "REG_EXPAND_SZ", "REG_DWORD", "REG_QWORD", "REG_MULTI_SZ"];

/** `reg add KEY /v NAME /t TYPE /d DATA` and `reg delete KEY /v NAME`. */
export function reg(machine: Machine, words: string[]): ChangeResult {
  const change = readRegistryWords(words);
  if (change.verb === "add") {
    machine.registry.write(change.key, change.name, change.value);
    return { output: "The operation completed successfully.", exitCode: 0 };
  }
  if (machine.registry.remove(change.key, change.name)) {
    return { output: "The operation completed successfully.", exitCode: 0 };
  }
  return { output: "ERROR: the registry value was not found.", exitCode: 1 };
}

export type RegistryWords =
  | { verb: "add"; key: string; name: string; value: RegistryValue }
  | { verb: "delete"; key: string; name: string };

/** Throws {@link ChangeRefused}. The key is below HKEY_LOCAL_MACHINE. */
export function readRegistryWords(words: string[]): RegistryWords {
  const [verb = "", path = "", ...rest] = words;
  if (!ROOTS.test(path)) throw new ChangeRefused(`reg ${verb}: the key must begin with HKLM\\.`);
  const key = path.replace(ROOTS, "");
  const options = readOptions(rest);
  const name = options.get("/v");
  if (name === undefined)
    throw new ChangeRefused(`reg ${verb}: /v NAME is missing; the lab changes single values only.`);
  if (verb.toLowerCase() === "delete") return { verb: "delete", key, name };
  if (verb.toLowerCase() !== "add") throw new ChangeRefused(`reg ${verb}: the lab knows reg add and reg delete.`);
  const value = toValue(options.get("/t") ?? "REG_SZ", options.get("/d") ?? "", options.get("/s"));
  return { verb: "add", key, name, value };
}

function readOptions(words: string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const option = (words[index] ?? "").toLowerCase();
    if (option === "/f") continue;
    if (!["/v", "/t", "/d", "/s"].includes(option))
      throw new ChangeRefused(`reg: "${words[index]}" is not understood.`);
    index += 1;
    options.set(option, words[index] ?? "");
  }
  return options;
}

function toValue(kind: string, data: string, separator = "\\0"): RegistryValue {
  const type = kind.toUpperCase();
  if (!KINDS.includes(type)) throw new ChangeRefused(`reg add: type ${kind} is none of ${KINDS.join(", ")}.`);
  if (type === "REG_MULTI_SZ") return { kind: type, data: data.split(separator).filter((line) => line !== "") };
  if (type === "REG_DWORD") {
    const number = Number(data);
    if (data === "" || !Number.isInteger(number) || number < 0 || number > 4294967295) {
      throw new ChangeRefused(`reg add: "${data}" is no REG_DWORD; it must be a whole number from 0 to 4294967295.`);
    }
    return { kind: type, data: number };
  }
  return { kind: type as RegistryKind, data };
}
