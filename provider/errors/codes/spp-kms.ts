import type { CodeTable } from "./entry";

const FIRMWARE = {
  remedy:
    "Volume editions of Windows 7 are upgrades: use hardware that came with a Windows licence, a newer Windows, or a multiple activation key.",
};

const NON_GENUINE_GRACE = {
  name: "SL_I_NONGENUINE_GRACE_PERIOD",
  meaning: "Windows was found to be non-genuine and runs for a limited time.",
  remedy: "Install a genuine key and activate before the time is over.",
};

/** Codes about KMS, the machine's own licence state, and token-based activation. */
export const SPP_KMS_CODES: CodeTable = {
  "0xC004F025": {
    name: "SL_E_LUA_ACCESSDENIED",
    meaning: "The operation needs an elevated administrator.",
    remedy:
      "Connect with an account that is elevated there; for a local account over the network, set LocalAccountTokenFilterPolicy to 1 on that machine.",
  },
  "0xC004F035": {
    name: "SL_E_VL_NOT_WINDOWS_SLP",
    meaning:
      "This volume edition is an upgrade, and the firmware carries no mark of an earlier Windows licence (SLIC). Virtual machines usually have none.",
    ...FIRMWARE,
  },
  "0xC004F038": {
    name: "SL_E_VL_NOT_ENOUGH_COUNT",
    meaning:
      "The KMS host answered, but it has not counted enough machines yet: 25 for a client Windows, 5 for Windows Server and Office. The way to the host works.",
    remedy:
      "Nothing, if more machines will ask: Windows asks again by itself. Machines cloned without sysprep /generalize are counted once together.",
  },
  "0xC004F039": {
    name: "SL_E_VL_BINDING_SERVICE_NOT_ENABLED",
    meaning: "The KMS host did not answer.",
    remedy: "Check that the host's KMS port (TCP 1688 by default) is open and can be reached from this client.",
  },
  "0xC004F041": {
    name: "SL_E_VL_KEY_MANAGEMENT_SERVICE_NOT_ACTIVATED",
    meaning: "The KMS host is not activated itself, so it activates nobody.",
    remedy: "Activate the host with its host key at Microsoft, online or by phone.",
  },
  "0xC004F042": {
    name: "SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH",
    meaning: "The host key of the KMS host does not cover this product.",
    remedy:
      "Give the host a host key of a group or release that covers this product, or send the client to a host that has one.",
  },
  "0xC004F056": {
    name: "SL_E_VL_MACHINE_NOT_BOUND",
    meaning: "KMS could not activate this product.",
    remedy: "Read events 12288 and 12289 in this machine's Application log: they carry the code of each attempt.",
  },
  "0xC004F057": {
    name: "SL_E_SLP_MISSING_ACPI_SLIC",
    meaning: "The firmware has no licence table (ACPI SLIC).",
    ...FIRMWARE,
  },
  "0xC004F058": {
    name: "SL_E_SLP_MISSING_SLP_MARKER",
    meaning: "The licence table in the firmware has no mark of Windows.",
    ...FIRMWARE,
  },
  "0xC004F059": {
    name: "SL_E_SLP_BAD_FORMAT",
    meaning: "The licence table in the firmware is not valid.",
    ...FIRMWARE,
  },
  "0xC004F064": {
    name: "SL_E_NONGENUINE_GRACE_TIME_EXPIRED",
    meaning: "The time that Windows runs as non-genuine is over.",
    remedy: "Install a genuine key and activate.",
  },
  "0xC004F065": NON_GENUINE_GRACE,
  "0x4004F065": NON_GENUINE_GRACE,
  "0xC004F06B": {
    name: "SL_E_VL_KEY_MANAGEMENT_SERVICE_VM_NOT_SUPPORTED",
    meaning: "This host key does not allow KMS in a virtual machine.",
    remedy: "Use a newer host key, or a physical host.",
  },
  "0xC004F06C": {
    name: "SL_E_VL_INVALID_TIMESTAMP",
    meaning: "The clocks of the client and of the KMS host are too far apart (both are compared in UTC).",
    remedy: "Synchronise both clocks and check their time zones, then ask again (/ato).",
  },
  "0xC004F074": {
    name: "SL_E_VL_BINDING_SERVICE_UNAVAILABLE",
    meaning: "No KMS host could be reached: each one that was found gave an error.",
    remedy:
      "Read the newest event 12288 in this machine's Application log: it names host and code. Then check the _vlmcs._tcp SRV records, the host's port and firewall, and both clocks.",
  },
  "0xC004F075": {
    name: "SL_E_SERVICE_STOPPING",
    meaning: "The software protection service was just stopping.",
    remedy: "Try again in a minute.",
  },
  "0xC004F200": {
    name: "SL_E_NOT_GENUINE",
    meaning: "Windows was found to be non-genuine.",
    remedy: "Install a genuine key and activate.",
  },
  "0xC004F081": {
    name: "SL_E_VL_AD_AO_NOT_FOUND",
    meaning: "Active Directory holds no usable activation object for this product.",
    remedy:
      "Nothing, if the machine is to use KMS; else create the activation object with the host key that covers this product.",
  },
  "0x4004F00C": {
    name: "SL_I_OOB_GRACE_PERIOD",
    meaning: "Windows runs in the time that it grants after installation.",
    remedy: "Activate before that time is over.",
  },
  "0x4004F00D": {
    name: "SL_I_OOT_GRACE_PERIOD",
    meaning: "Windows runs on limited time, because its KMS activation ran out or its hardware changed.",
    remedy: "Activate again before that time is over: /ato.",
  },
  "0x4004FC04": {
    name: "SL_I_TIMEBASED_VALIDITY_PERIOD",
    meaning: "The licence is valid for a limited time, as with an evaluation copy.",
    remedy: "Nothing is wrong; install a volume edition before the time is over.",
  },
  "0x4004FC06": {
    name: "SL_I_TIMEBASED_EXTENDED_GRACE_PERIOD",
    meaning: "A licence for a limited time ran out, and Windows runs on extended time.",
    remedy: "Activate it, or install a volume edition.",
  },
  "0x4004F040": {
    name: "SL_E_VL_INFO_PRODUCT_USER_RIGHT",
    meaning: "The product was activated; that its use follows the licence terms remains the owner's task.",
    remedy: "Nothing is wrong: a KMS client that is activated shows this reason.",
  },
  "0x8004FE21": {
    meaning: "Windows holds that its own files were changed; a damaged language pack can cause it too.",
    remedy: "Repair the system files and language packs (`sfc /scannow`), or install Windows again.",
  },
};
