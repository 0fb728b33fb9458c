/**
 * What helpers need beyond this package, loaded at their first call: a program that uses none of them pays nothing, and
 * importing the package stays free of everything but `@pulumi/pulumi`.
 */
import type * as Xml from "fast-xml-parser";
import type * as Checks from "pulumi-volume-activation-provider/checks/index";
import type * as Keys from "pulumi-volume-activation-provider/keys/index";
import type * as HostObservation from "pulumi-volume-activation-provider/resources/kmsHost/observe";

export const keys = (): typeof Keys => require("pulumi-volume-activation-provider/keys/index");
export const checks = (): typeof Checks => require("pulumi-volume-activation-provider/checks/index");
export const publishList = (): Pick<typeof HostObservation, "parsePublishList" | "publishLine"> =>
  require("pulumi-volume-activation-provider/resources/kmsHost/observe");
export const xml = (): typeof Xml => require("fast-xml-parser");
