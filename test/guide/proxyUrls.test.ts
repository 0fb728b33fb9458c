import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../provider/machine/connection";
import { probeUrls } from "../../provider/status/probeUrls";
import { activationUrls } from "../../sdk/index";
import { GuideLab, HOST } from "./guideLab";

describe("透過代理伺服器啟用 MAK 用戶端 (Activate MAK clients through a proxy server)", () => {
  const urls = activationUrls.filter(({ list }) => list === "guide").map(({ url }) => url);

  it("lists the eight addresses of the guide for the proxy's exclusion list", () => {
    const crl = "/pki/crl/products/MicrosoftProductSecure";
    expect(urls.toSorted()).toEqual(
      [
        "http://go.microsoft.com/*",
        "https://sls.microsoft.com/*",
        "https://sls.microsoft.com:443",
        "http://crl.microsoft.com/pki/crl/products/MicrosoftRootAuthority.crl",
        `http://crl.microsoft.com${crl}Communications.crl`,
        `http://www.microsoft.com${crl}Communications.crl`,
        `http://crl.microsoft.com${crl}Server.crl`,
        `http://www.microsoft.com${crl}Server.crl`,
      ].toSorted(),
    );
  });

  it("adds what Windows of today asks, since the guide's activation host is not the one of today", () => {
    const current = activationUrls.filter(({ list, purpose }) => list === "current" && purpose === "activation");
    expect(current.map(({ url }) => url)).toEqual([
      "https://activation.sls.microsoft.com/",
      "https://activation-v2.sls.microsoft.com/",
    ]);
  });

  describe("which of them a machine can reach", () => {
    let at: GuideLab;
    beforeAll(async () => {
      at = await GuideLab.start({
        machines: [HOST, { name: "inside", os: "win7", address: "10.0.0.20", internet: false }],
      });
    });
    afterAll(() => at.end());
    const probe = (machine: string) => probeUrls(at.connection(machine) as unknown as Connection, urls);

    it("is asked of the machine itself: all from one with Internet", async () => {
      const found = await probe("kms01");
      expect(found.map(({ url }) => url)).toEqual(urls);
      expect(found.filter(({ reached }) => !reached)).toEqual([]);
    });

    it("says why not, from one that only a proxy leads out of", async () => {
      const found = await probe("inside");
      expect(found.filter(({ reached }) => reached)).toEqual([]);
      expect(found[0]).toEqual({
        url: "http://go.microsoft.com/*",
        host: "go.microsoft.com",
        port: 80,
        reached: false,
        why: "no answer in time; a firewall on the way drops it, or only a proxy leads out (0x8007274C)",
      });
    });
  });
});
