import { expect, it } from "vitest";
import { PublishLists } from "../../../../provider/resources/kmsHost/publishLists";

const host = (machineId: string, ...domains: string[]) => ({ machineId, name: machineId.toUpperCase(), domains });

it("says at the host that lacks a domain which hosts have it", () => {
  const lists = new PublishLists();
  lists.note("contoso.com", host("kms1", "contoso.com", "b.example"), true);
  lists.note("contoso.com", host("kms2", "contoso.com"), true);
  lists.note("contoso.com", host("kms3", "b.example", "contoso.com"), true);
  expect(lists.lacking("contoso.com", "kms2")).toEqual([{ domain: "b.example", hosts: ["KMS1", "KMS3"] }]);
  expect(lists.lacking("contoso.com", "kms1")).toEqual([]);
});

it("is silent about other domains' hosts, about hosts that do not publish, and once the lists agree", () => {
  const lists = new PublishLists();
  lists.note("contoso.com", host("kms1", "a.example"), true);
  lists.note("fabrikam.com", host("kms2", "b.example"), true);
  expect(lists.lacking("contoso.com", "kms1")).toEqual([]);
  lists.note("contoso.com", host("kms3", "c.example"), true);
  expect(lists.lacking("contoso.com", "kms1")).toHaveLength(1);
  lists.note("contoso.com", host("kms3", "c.example"), false);
  expect(lists.lacking("contoso.com", "kms1")).toEqual([]);
  lists.note("contoso.com", host("kms3", "a.example"), true);
  expect(lists.lacking("contoso.com", "kms3")).toEqual([]);
});
