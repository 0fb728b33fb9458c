export { ChangeRefused, type ChangeResult } from "./changes/words";
export type { DnsFaults } from "./dns/faults";
export type { LabDns } from "./dns/labDns";
export type { TsigAlgorithm, TsigKey } from "./dns/tsig";
export type { UpdateRight, ZoneRecord } from "./dns/zone";
export { Lab, type LabMachine, type LabOptions } from "./lab";
export type { Faults } from "./machine/faults";
export type { OsId } from "./machine/os";
export type { CsvlkId } from "./microsoft/csvlk";
export type { LedgerEntry } from "./microsoft/microsoft";
export {
  type AccountSpec,
  contoso,
  directory,
  type GroupSpec,
  type InitialKey,
  type MachineSpec,
  NETWORKS,
  type NetworkSpec,
  quickstart,
  type ZoneSpec,
} from "./networks/index";
export type { MachineDescription } from "./world/describe";
export type { Target } from "./world/kms";
export type { Publication, Zones } from "./world/world";
