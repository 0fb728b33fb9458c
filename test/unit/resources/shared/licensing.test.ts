import { describe, expect, it } from "vitest";
import { channelOf, parseLicensing } from "../../../../provider/resources/shared/licensing";
import { hostProduct, licensingRead, product } from "./fakeMachine";

function parse(...args: Parameters<typeof licensingRead>) {
  const read = licensingRead(...args);
  if (!read.ok) throw new Error("no reading");
  return parseLicensing(read.result as Parameters<typeof parseLicensing>[0]);
}

describe("the channel", () => {
  it.each([
    ["Windows(R) Operating System, VOLUME_KMSCLIENT channel", "Volume:GVLK"],
    ["Windows(R) Operating System, VOLUME_KMS_WS22 channel", "Volume:CSVLK"],
    ["Windows Operating System - Windows Server(R), VOLUME_KMS_R2_C channel", "Volume:CSVLK"],
    ["Office 16, VOLUME_KMS channel", "Volume:CSVLK"],
    ["Windows(R) Operating System, VOLUME_MAK channel", "Volume:MAK"],
    ["Windows(R) Operating System, OEM_DM channel", "OEM"],
    ["Windows(R) Operating System, RETAIL channel", "Retail"],
    ["", "Other"],
  ])("is read from the neutral word in %j", (description, channel) => {
    expect(channelOf(description)).toBe(channel);
  });
});

describe("a licensing reading", () => {
  it("takes Windows' own defaults where nothing is set", () => {
    const service = { VLActivationInterval: 0, VLRenewalInterval: 0 };
    expect(parse(service, [])).toMatchObject({
      listeningPort: 1688,
      dnsPublishing: true,
      lowPriority: false,
      activationInterval: 120,
      renewalInterval: 10_080,
      kmsHost: undefined,
      kmsPort: undefined,
      isKmsHost: false,
      windows: undefined,
    });
  });

  it("takes a column that this Windows does not have for its default", () => {
    expect(parseLicensing({ service: {}, products: [{}] })).toMatchObject({
      listeningPort: 1688,
      dnsPublishing: true,
      products: [{ partialProductKey: "", licenseStatus: 0, channel: "Other", currentCount: undefined }],
    });
  });

  it("takes 4294967295 for no value", () => {
    expect(
      parse({}, [hostProduct({ KeyManagementServiceCurrentCount: 4_294_967_295 })]).products[0]?.currentCount,
    ).toBeUndefined();
  });

  it("chooses the Licensed Windows product where an upgrade left several with keys", () => {
    const older = product({ ID: "a", LicenseStatus: 0 });
    const licensed = product({ ID: "b", LicenseStatus: 1 });
    const office = product({ ID: "c", LicenseStatus: 1, ApplicationID: "0ff1ce15-a989-479d-af46-f275c6370663" });
    const addon = product({ ID: "d", LicenseStatus: 1, LicenseIsAddon: true });
    expect(parse({}, [office, addon, older, licensed]).windows?.id).toBe("b");
    expect(parse({}, [office, addon, older]).windows?.id).toBe("a");
    expect(parse({}, [office, addon]).windows).toBeUndefined();
  });

  it("compares application ids without case", () => {
    const shouted = product({ ApplicationID: "55C92734-D682-4D71-983E-D6EC3F16059F" });
    expect(parse({}, [shouted]).windows?.applicationId).toBe("55c92734-d682-4d71-983e-d6ec3f16059f");
  });

  it("writes the status reason as a code, signed or not", () => {
    expect(parse({}, [product({ LicenseStatusReason: 0x4004f040 })]).products[0]?.reason).toBe("0x4004F040");
    expect(parse({}, [product({ LicenseStatusReason: -1_073_418_184 })]).products[0]?.reason).toBe("0xC004F038");
  });

  it("knows a KMS host from any of its products", () => {
    expect(parse({ IsKeyManagementServiceMachine: 0 }, [product({}), hostProduct()]).isKmsHost).toBe(true);
    expect(parse({ IsKeyManagementServiceMachine: 1 }, []).isKmsHost).toBe(true);
  });
});
