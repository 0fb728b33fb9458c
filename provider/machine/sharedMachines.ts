/** A machine that several connections reach: by two names, or with two accounts. */
export interface SharedMachine {
  machineId: string;
  /** Different "host:port" addresses, in the order met. One alone: only the accounts differ. */
  addresses: string[];
  /** How messages call each session. */
  descriptions: string[];
}

interface Seen {
  address: string;
  description: string;
}

/** Remembers by which connections each machine was met. */
export class SharedMachines {
  private readonly byMachine = new Map<string, Map<string, Seen>>();

  /** Notes a meeting; answers the machine when this connection is another one than those before. */
  meet(machineId: string, key: string, address: string, description: string): SharedMachine | undefined {
    const seen = this.byMachine.get(machineId) ?? new Map<string, Seen>();
    this.byMachine.set(machineId, seen);
    if (seen.has(key)) return undefined;
    seen.set(key, { address, description });
    return seen.size > 1 ? describe(machineId, seen) : undefined;
  }

  list(): SharedMachine[] {
    return [...this.byMachine].filter(([, seen]) => seen.size > 1).map(([id, seen]) => describe(id, seen));
  }
}

function describe(machineId: string, seen: Map<string, Seen>): SharedMachine {
  const all = [...seen.values()];
  return {
    machineId,
    addresses: [...new Set(all.map(({ address }) => address))],
    descriptions: all.map(({ description }) => description),
  };
}
