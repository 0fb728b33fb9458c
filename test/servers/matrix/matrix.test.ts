import { writeSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { requirement, rootRequirement } from "../requirement";
import { tableText } from "./print";
import { reachRows } from "./reachRows";
import { recordRows } from "./recordRows";
import { refusalRows } from "./refusalRows";
import { expectedOf } from "./rows";
import { startBind } from "./servers/bind";
import { startBindKdc } from "./servers/bindKdc";
import { startKnot } from "./servers/knot";
import { startLab } from "./servers/lab";
import { startPowerDns } from "./servers/powerdns";
import { startSamba } from "./servers/samba";
import { COLUMNS, type Column, type MatrixServer } from "./servers/server";
import { Stand } from "./stand";

const needed = (name: string, ...programs: string[]) => {
  const found = programs.map((program) => requirement(name, program));
  const [one = "", two = "", three = "", four = ""] = found.map(({ why }) => why);
  return { available: found.every(({ available }) => available), one, two, three, four };
};
const tools = needed("dig and nsupdate", "dig", "nsupdate");
const bind = needed("BIND", "/usr/sbin/named");
const knot = needed("Knot DNS", "knotd");
const powerDns = needed("PowerDNS", "pdns_server", "pdnsutil");
const kdc = needed("MIT Kerberos", "krb5kdc", "kadmin.local", "kdb5_util", "kinit");
const samba = needed("Samba AD DC", "samba", "samba-tool", "kinit");
const root = rootRequirement("Samba AD DC");

const SERVERS: { readonly [column in Column]: { available: boolean; start: () => Promise<MatrixServer> } } = {
  BIND: { available: bind.available, start: () => startBind(bind.one) },
  Knot: { available: knot.available, start: () => startKnot(knot.one) },
  PowerDNS: { available: powerDns.available, start: () => startPowerDns(powerDns.one, powerDns.two) },
  "BIND+KDC": {
    available: bind.available && kdc.available,
    start: () => startBindKdc({ named: bind.one, krb5kdc: kdc.one, kadmin: kdc.two, kdb5: kdc.three }),
  },
  "Samba AD": {
    available: samba.available && root.available,
    start: () => startSamba({ samba: samba.one, sambaTool: samba.two }),
  },
  lab: { available: true, start: startLab },
};

const rows = [...recordRows, ...refusalRows, ...reachRows];
const seen = new Map<string, string>();
const cell = (title: string, column: Column) => `${title}\n${column}`;

describe.skipIf(!tools.available)("SrvRecord and the servers", () => {
  describe.each(COLUMNS)("%s", (column) => {
    const { available, start } = SERVERS[column];
    describe.skipIf(!available)("meets", () => {
      let starting: Promise<MatrixServer> | undefined;
      const started = () => {
        starting ??= start();
        return starting;
      };
      afterAll(async () => (await starting?.catch(() => undefined))?.stop());

      it.each(rows)("$title", async (row) => {
        const server = await started();
        const number = rows.indexOf(row);
        const stand = new Stand(server, `_vlmcs._tcp.case${number}`, row.options?.(server));
        try {
          const result = await row.run(stand);
          seen.set(cell(row.title, column), result);
          expect(result).toBe(expectedOf(row, column));
        } finally {
          stand.close();
        }
      });
    });
  });

  it.each(COLUMNS.filter((column) => SERVERS[column].available))("has an answer of %s in every row", (column) => {
    const empty = rows.filter(({ title }) => !seen.has(cell(title, column)));
    expect(empty.map(({ title }) => title)).toEqual([]);
  });

  afterAll(() => {
    const cells = (title: string) => COLUMNS.map((column) => seen.get(cell(title, column)) ?? "?");
    // Past the reporter, which would put each line under the name of a test.
    writeSync(
      2,
      `\n${tableText(
        COLUMNS,
        rows.map(({ title }) => ({ title, cells: cells(title) })),
      )}`,
    );
  });
});
