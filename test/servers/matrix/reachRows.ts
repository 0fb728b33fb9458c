import { Resolver } from "node:dns/promises";
import { findPrimary } from "../../../provider/dns/primary";
import { freePort } from "../bind/named";
import { list, type Row } from "./rows";
import { refusal } from "./stand";

/** How a server is found and reached. */
export const reachRows: Row[] = [
  {
    title: "over IPv6",
    run: async (stand) => {
      const server = `[::1]:${stand.server.port}`;
      const { outs } = await stand.create({ server });
      return outs["server"] === server ? list(stand.dig()) : String(outs["server"]);
    },
    expected: "3600 0 0 1688 kms01",
  },
  {
    title: "no server given: the SOA's primary",
    // The system's resolver knows no zone of a test: a resolver that asks the server itself takes its place.
    options: ({ port }) => ({
      primaryOf: async (zone, signal) => {
        const resolver = new Resolver({ timeout: 2000, tries: 2 });
        resolver.setServers([`127.0.0.1:${port}`]);
        return { ...(await findPrimary(zone, signal, resolver)), port };
      },
      resolve: async () => ["127.0.0.1"],
    }),
    run: async (stand) => {
      const { outs } = await stand.create({ server: undefined });
      const [host] = String(outs["server"]).split(`.${stand.server.zone}:`);
      return `${host}; ${list(stand.dig())}`;
    },
    expected: {
      "*": "ns; 3600 0 0 1688 kms01",
      "Samba AD": "dc1; 3600 0 0 1688 kms01",
      lab: "ns1; 3600 0 0 1688 kms01",
    },
  },
  {
    title: "zone that nobody has, no server given",
    options: ({ port }) => ({
      primaryOf: (zone, signal) => {
        const resolver = new Resolver({ timeout: 2000, tries: 2 });
        resolver.setServers([`127.0.0.1:${port}`]);
        return findPrimary(zone, signal, resolver);
      },
    }),
    run: async (stand) => {
      const { message } = await refusal(stand.create({ server: undefined, zone: `sub.${stand.server.zone}` }));
      return /could not be found by its SOA record: (.*?)\. Nothing was changed/.exec(message)?.[1] ?? message;
    },
    expected: "there is no such zone, as this system's resolver sees it",
  },
  {
    title: "first server down, second asked",
    run: async (stand) => {
      const { outs } = await stand.create({ server: [`127.0.0.1:${await freePort()}`, stand.address] });
      return outs["server"] === stand.address ? list(stand.dig()) : String(outs["server"]);
    },
    expected: "3600 0 0 1688 kms01",
  },
  {
    title: "first server refuses, second not asked",
    run: async (stand) => {
      const never = `127.0.0.1:${await freePort()}`;
      const { word, message } = await refusal(
        stand.create({ server: [stand.address, never], auth: { method: "none" } }),
      );
      return `${word}${message.includes(never) ? `, and ${never}` : ""}`;
    },
    expected: { "*": "REFUSED", Knot: "NOTAUTH" },
  },
  {
    title: "server down",
    run: async (stand) => {
      const { outs } = await stand.create();
      const declared = { ...(outs["declared"] as object), server: `127.0.0.1:${await freePort()}` };
      const { message } = await refusal(stand.read({ ...outs, declared }));
      return /cannot be reached: nothing listens there \(connection refused\)/.test(message)
        ? "not looked at"
        : message;
    },
    expected: "not looked at",
  },
];
