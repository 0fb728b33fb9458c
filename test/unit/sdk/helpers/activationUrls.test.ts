import { expect, it } from "vitest";
import { ACTIVATION_URL_SOURCES, activationEndpoints, activationUrls } from "../../../../sdk/index";

it("has no URL twice in one list, and a source for each list", () => {
  const keys = activationUrls.map(({ list, url }) => `${list} ${url}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(Object.keys(ACTIVATION_URL_SOURCES).sort()).toEqual(
    [...new Set(activationUrls.map(({ list }) => list))].sort(),
  );
});

it("holds http and https URLs of Microsoft's own hosts only", () => {
  for (const { url } of activationUrls) {
    const { protocol, hostname } = new URL(url);
    expect(["http:", "https:"]).toContain(protocol);
    expect(hostname).toMatch(/\.(?:microsoft|live)\.com$/);
  }
});

it("names the activation service of today, which the guide's list lacks", () => {
  const hosts = (list: "guide" | "current") =>
    activationEndpoints(activationUrls.filter((entry) => entry.list === list)).map(({ host }) => host);
  expect(hosts("current")).toContain("activation.sls.microsoft.com");
  expect(hosts("guide")).not.toContain("activation.sls.microsoft.com");
});

it("gives each host and port once", () => {
  expect(
    activationEndpoints([
      { url: "https://a.microsoft.com/*", purpose: "links", list: "guide" },
      { url: "https://a.microsoft.com:443", purpose: "links", list: "guide" },
      { url: "http://a.microsoft.com/x", purpose: "links", list: "guide" },
      { url: "https://a.microsoft.com:8443/", purpose: "links", list: "guide" },
    ]),
  ).toEqual([
    { host: "a.microsoft.com", port: 443 },
    { host: "a.microsoft.com", port: 80 },
    { host: "a.microsoft.com", port: 8443 },
  ]);
});
