import { asProps, list, type Row } from "./rows";

/** One record's life, and what a set of records is like when others change it too. */
export const recordRows: Row[] = [
  {
    title: "add one record",
    run: async (stand) => {
      await stand.create();
      return list(stand.dig());
    },
    expected: "3600 0 0 1688 kms01",
  },
  {
    title: "add beside a neighbour",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      await stand.create();
      return list(stand.dig());
    },
    expected: "600 0 0 1688 kms01, 600 5 6 1688 kms02",
  },
  {
    title: "change port and weight",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      const { outs } = await stand.create();
      await stand.update(outs, { port: 1700, weight: 9 });
      return list(stand.dig());
    },
    expected: "600 0 9 1700 kms01, 600 5 6 1688 kms02",
  },
  {
    title: "remove one record",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      const { id, outs } = await stand.create();
      await stand.remove(id, outs);
      return list(stand.dig());
    },
    expected: "600 5 6 1688 kms02",
  },
  {
    title: "remove the last record",
    run: async (stand) => {
      const { id, outs } = await stand.create();
      await stand.remove(id, outs);
      return list(stand.dig());
    },
    expected: "none",
  },
  {
    title: "add again after removal",
    run: async (stand) => {
      const { id, outs } = await stand.create();
      await stand.remove(id, outs);
      await stand.create();
      return list(stand.dig());
    },
    expected: "3600 0 0 1688 kms01",
  },
  {
    title: "declare a TTL: the neighbour's",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      await stand.create({ ttl: 120 });
      return list(stand.dig());
    },
    expected: {
      "*": "120 0 0 1688 kms01, 120 5 6 1688 kms02",
      "Samba AD": "120 0 0 1688 kms01, 600 5 6 1688 kms02",
    },
  },
  {
    title: "a change of others' TTL is told",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      await stand.create({ ttl: 120 });
      const told = stand.log.filter((line) => line.startsWith("this server keeps one TTL"));
      return told.join().replaceAll(`.${stand.server.zone}`, "") || "untold";
    },
    expected: {
      "*": "this server keeps one TTL for a set: 5 6 1688 kms02 has 120 s now too",
      "Samba AD": "untold",
    },
  },
  {
    title: "change the TTL of our own record",
    run: async (stand) => {
      const { outs } = await stand.create();
      const seen = await stand.update(outs, { ttl: 240 });
      return `${list(stand.dig())}; ttl ${seen["ttl"]}`;
    },
    expected: "240 0 0 1688 kms01; ttl 240",
  },
  {
    title: "set is new, another came first",
    run: async (stand) => {
      stand.meanwhile = () => stand.outsider("add 600 SRV 5 6 1688 kms02");
      await stand.create();
      const told = stand.log.filter((line) => /the set changed meanwhile/.test(line));
      return `${told.map((line) => line.split(":")[0]).join()} read again; ${list(stand.dig())}`;
    },
    expected: "YXRRSET read again; 600 0 0 1688 kms01, 600 5 6 1688 kms02",
  },
  {
    title: "set grew between look and update",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      stand.meanwhile = () => stand.outsider("add 600 SRV 7 8 1688 kms03");
      await stand.create();
      const told = stand.log.filter((line) => /the set changed meanwhile/.test(line));
      return `${told.map((line) => line.split(":")[0]).join() || "not noticed"}; ${stand.dig().length} records`;
    },
    expected: { "*": "NXRRSET; 3 records", "Samba AD": "not noticed; 3 records" },
  },
  {
    title: "set shrank between look and update",
    run: async (stand) => {
      stand.outsider("add 600 SRV 5 6 1688 kms02");
      stand.meanwhile = () => stand.outsider("delete SRV 5 6 1688 kms02");
      await stand.create();
      const told = stand.log.filter((line) => /the set changed meanwhile/.test(line));
      return `${told.map((line) => line.split(":")[0]).join()}; ${stand.dig().length} record`;
    },
    expected: "NXRRSET; 1 record",
  },
  {
    title: "set never stands still",
    run: async (stand) => {
      let weight = 0;
      stand.outsider("add 600 SRV 5 0 1688 kms02");
      const again = () => {
        stand.outsider(`delete SRV 5 ${weight} 1688 kms02`, `add 600 SRV 5 ${++weight} 1688 kms02`);
        stand.meanwhile = again;
      };
      stand.meanwhile = again;
      const message = await stand.create().then(
        () => "done",
        (reason: Error) => reason.message,
      );
      stand.meanwhile = undefined;
      const given = /never what had been read a moment before, in (\d+) attempts. Nothing was changed/.exec(
        message,
      )?.[1];
      return given ? `given up after ${given}; ${stand.dig().length} record` : message;
    },
    expected: "given up after 6; 1 record",
  },
  {
    title: "61 records",
    run: async (stand) => {
      stand.outsider(...Array.from({ length: 60 }, (_, index) => `add 600 SRV 5 6 1688 kms${100 + index}`));
      const { id, outs } = await stand.create();
      const full = stand.dig().length;
      await stand.remove(id, outs);
      return `${full}, then ${stand.dig().length}`;
    },
    expected: "61, then 60",
  },
  {
    title: "a CNAME is there",
    run: async (stand) => {
      stand.outsider("add 600 CNAME elsewhere");
      const error = await stand.create().catch((reason: Error) => reason.message);
      return /is an alias \(CNAME\) for \S+, and an alias has no records/.test(String(error))
        ? "refused before"
        : String(error);
    },
    expected: "refused before",
  },
  {
    title: "a CNAME comes between",
    run: async (stand) => {
      stand.meanwhile = () => stand.outsider("add 600 CNAME elsewhere");
      const message = await stand.create().then(
        () => "done",
        (reason: Error) => reason.message,
      );
      const lie = /answered NOERROR( \(which could not be verified\))?, but the name is an alias/.test(message);
      return lie ? "NOERROR was a lie: told" : (/failed: ([A-Z]+): /.exec(message)?.[1] ?? message);
    },
    expected: { "*": "NOERROR was a lie: told", PowerDNS: "REFUSED" },
  },
  {
    title: "target in other letters",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 5 1688 KMS01");
      await stand.create({ adopt: "always" });
      return list(stand.dig());
    },
    expected: "600 0 0 1688 kms01",
  },
  {
    title: "server: delete in other letters",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 KMS01");
      await stand.send({ expected: [stand.seen("kms01")], deletes: [stand.seen("kms01")] });
      return stand.dig().length === 0 ? "deleted" : "NOERROR, nothing done";
    },
    expected: { "*": "deleted", PowerDNS: "NOERROR, nothing done" },
  },
  {
    title: "server: prerequisite in other letters",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 KMS02");
      await stand.send({ expected: [stand.seen("kms02")], add: stand.srv("kms01") });
      return list(stand.dig());
    },
    // Knot keeps targets in small letters.
    expected: {
      "*": "600 0 0 1688 KMS02, 600 0 0 1688 kms01",
      Knot: "600 0 0 1688 kms01, 600 0 0 1688 kms02",
    },
  },
  {
    title: "server: add what is there",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms01");
      await stand.send({ expected: [stand.seen("kms01")], add: stand.srv("kms01") });
      return list(stand.dig());
    },
    expected: "600 0 0 1688 kms01",
  },
  {
    title: "server: delete what is not there",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms01");
      await stand.send({ expected: [stand.seen("kms01")], deletes: [stand.seen("kms02")] });
      return list(stand.dig());
    },
    expected: "600 0 0 1688 kms01",
  },
  {
    title: "server: a success's answer holds",
    run: async (stand) => {
      const lines = [`prereq nxrrset ${stand.fqdn}. SRV`, `update add ${stand.fqdn}. 600 SRV 0 0 1688 x.`];
      const { output } = stand.nsupdate(lines, stand.server.zone, ["-d"]);
      const [, zone, prerequisites, updates] =
        /Reply from update query:[\s\S]*?ZONE: (\d+), PREREQ: (\d+), UPDATE: (\d+)/.exec(output) ?? [];
      return `${zone} zone, ${prerequisites} prerequisites, ${updates} updates`;
    },
    expected: { "*": "1 zone, 0 prerequisites, 0 updates", "Samba AD": "1 zone, 1 prerequisites, 1 updates" },
  },
  {
    title: "server: a success's answer is",
    run: async (stand) => ((await stand.send({ add: stand.srv("kms01") })).verified ? "proved" : "not proved"),
    expected: { "*": "proved", "Samba AD": "not proved" },
  },
  {
    title: "server: another record, other TTL",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms02");
      await stand.send({ expected: [stand.seen("kms02")], add: stand.srv("kms01", { ttl: 90 }) });
      return list(stand.dig());
    },
    expected: {
      "*": "90 0 0 1688 kms01, 90 0 0 1688 kms02",
      "Samba AD": "600 0 0 1688 kms02, 90 0 0 1688 kms01",
    },
  },
  {
    title: "server: same record, other TTL",
    run: async (stand) => {
      stand.outsider("add 600 SRV 0 0 1688 kms01", "add 600 SRV 0 0 1688 kms02");
      const expected = [stand.seen("kms01"), stand.seen("kms02")];
      await stand.send({ expected, add: stand.srv("kms01", { ttl: 90 }) });
      return stand
        .dig()
        .map((line) => line.split(" ")[0])
        .join(" ");
    },
    expected: { "*": "90 90", Knot: "600 600", "Samba AD": "600 90" },
  },
  {
    title: "drift: gone",
    run: async (stand) => {
      const { outs } = await stand.create();
      stand.outsider("delete SRV 0 0 1688 kms01");
      return String(await stand.read(outs));
    },
    expected: "absent",
  },
  {
    title: "drift: changed, repaired",
    run: async (stand) => {
      const { outs } = await stand.create();
      stand.outsider("delete SRV 0 0 1688 kms01", "add 3600 SRV 0 50 1689 kms01");
      const seen = asProps(await stand.read(outs));
      const { changed } = stand.handler.diff(seen, stand.wanted());
      await stand.update(seen);
      return `${changed.join(" ")}; ${list(stand.dig())}`;
    },
    expected: "port weight; 3600 0 0 1688 kms01",
  },
  {
    title: "drift: TTL, repaired",
    run: async (stand) => {
      const { outs } = await stand.create({ ttl: 300 });
      stand.outsider("delete SRV 0 0 1688 kms01", "add 77 SRV 0 0 1688 kms01");
      const seen = asProps(await stand.read(outs));
      const { changed } = stand.handler.diff(seen, stand.wanted({ ttl: 300 }));
      await stand.update(seen, { ttl: 300 });
      return `${changed.join(" ")}; ${list(stand.dig())}`;
    },
    expected: "ttl; 300 0 0 1688 kms01",
  },
  {
    title: "drift: a second record, removed",
    run: async (stand) => {
      const { outs } = await stand.create();
      stand.outsider("add 3600 SRV 0 0 1689 kms01");
      const seen = asProps(await stand.read(outs));
      const { changed } = stand.handler.diff(seen, stand.wanted());
      await stand.update(seen);
      return `${changed.join(" ")}; ${list(stand.dig())}`;
    },
    expected: "port; 3600 0 0 1688 kms01",
  },
];
