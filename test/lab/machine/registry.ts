import type { RegistryValue } from "pulumi-volume-activation-provider/machine/protocol";

/** Keys below HKEY_LOCAL_MACHINE (64-bit view), as first spelled, with their values. */
export type RegistryData = Record<string, Record<string, RegistryValue>>;

export const SPP_KEY = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";

/** A registry hive: names are compared without case and kept as they were first written. */
export class Registry {
  constructor(private readonly data: RegistryData) {}

  read(key: string, name: string): RegistryValue | null {
    const values = this.#values(key);
    const found = values && findName(values, name);
    return found === undefined ? null : (values?.[found] ?? null);
  }

  write(key: string, name: string, value: RegistryValue): void {
    let values = this.#values(key);
    if (!values) {
      values = {};
      this.data[trim(key)] = values;
    }
    values[findName(values, name) ?? name] = value;
  }

  /** Whether the value was there. */
  remove(key: string, name: string): boolean {
    const values = this.#values(key);
    const found = values && findName(values, name);
    if (!values || found === undefined) return false;
    delete values[found];
    return true;
  }

  /** Values of one key by name; {} when the key is not there. */
  list(key: string): Record<string, RegistryValue> {
    return { ...this.#values(key) };
  }

  /** A REG_SZ; any other type reads as not there, as Windows treats a port written as REG_DWORD. */
  text(key: string, name: string): string | null {
    const value = this.read(key, name);
    return value?.kind === "REG_SZ" && typeof value.data === "string" ? value.data : null;
  }

  dword(key: string, name: string): number | null {
    const value = this.read(key, name);
    return value?.kind === "REG_DWORD" && typeof value.data === "number" ? value.data : null;
  }

  #values(key: string): Record<string, RegistryValue> | undefined {
    const wanted = trim(key).toLowerCase();
    const name = Object.keys(this.data).find((candidate) => candidate.toLowerCase() === wanted);
    return name === undefined ? undefined : this.data[name];
  }
}

function trim(key: string): string {
  return key.replace(/^\\+|\\+$/g, "");
}

function findName(values: Record<string, RegistryValue>, name: string): string | undefined {
  return Object.keys(values).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
}
