import type { Props } from "../../../provider/adapter/props";
import type { DnsNetworkOptions } from "../../../provider/dns";
import type { Column, MatrixServer } from "./servers/server";
import type { Stand } from "./stand";

/** A case, and what each server makes of it: one text for all, or texts by column with "*" for the others. */
export interface Row {
  title: string;
  run(stand: Stand): Promise<string>;
  expected: string | ({ "*": string } & { [column in Column]?: string });
  options?: (server: MatrixServer) => DnsNetworkOptions;
}

export const expectedOf = ({ expected }: Row, column: Column): string =>
  typeof expected === "string" ? expected : (expected[column] ?? expected["*"]);

/** Records as dig shows them, in one line. */
export const list = (records: readonly string[]): string => records.join(", ") || "none";

export const asProps = (seen: Props | "absent"): Props => {
  if (seen === "absent") throw new Error("it is absent");
  return seen;
};
