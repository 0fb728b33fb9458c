import type { CodeTable } from "./entry";

const NEW_KEY =
  "Compare the key with the one in your volume licence portal; if it is the same, ask Microsoft's activation centre about it.";
const MORE_ACTIVATIONS = "Ask Microsoft's activation centre for more activations; nothing on this machine will help.";

/** Codes about product keys, their activation at Microsoft, and confirmation ids. */
export const SPP_KEY_CODES: CodeTable = {
  "0xC004B100": {
    name: "SL_E_SRV_GENERAL_ERROR",
    meaning:
      "Microsoft's activation service could not activate the machine; with a multiple activation key, mostly because it does not support that key.",
    remedy: NEW_KEY,
  },
  "0xC004B011": {
    name: "SL_E_SRV_CLIENT_CLOCK_OUT_OF_SYNC",
    meaning: "Microsoft's activation service finds that the machine's clock is wrong.",
    remedy: "Set date, time and time zone right, then activate again.",
  },
  "0xC004C001": {
    name: "SL_E_CHPA_PRODUCT_KEY_OUT_OF_RANGE",
    meaning: "Microsoft's activation service does not know this product key.",
    remedy: NEW_KEY,
  },
  "0xC004C003": {
    name: "SL_E_CHPA_PRODUCT_KEY_BLOCKED",
    meaning: "Microsoft has blocked this product key.",
    remedy: "Get another key from your volume licence portal, and take this one out of the program.",
  },
  "0xC004C004": {
    name: "SL_E_CHPA_INVALID_PRODUCT_KEY",
    meaning: "Microsoft's activation service holds the product key for invalid.",
    remedy: NEW_KEY,
  },
  "0xC004C008": {
    name: "SL_E_CHPA_MAXIMUM_UNLOCK_EXCEEDED",
    meaning:
      "The product key has no activations left. A KMS host key can be activated on six hosts, with up to ten activations each.",
    remedy: `${MORE_ACTIVATIONS}`,
  },
  "0xC004C017": {
    name: "SL_E_CHPA_PRODUCT_KEY_BLOCKED_IPLOCATION",
    meaning: "The product key is blocked for the region in which this machine activates.",
    remedy: "Use a key that was issued for this region.",
  },
  "0xC004C020": {
    name: "SL_E_CHPA_DMAK_LIMIT_EXCEEDED",
    meaning: "The multiple activation key has reached its limit.",
    remedy: MORE_ACTIVATIONS,
  },
  "0xC004C021": {
    name: "SL_E_CHPA_DMAK_EXTENSION_LIMIT_EXCEEDED",
    meaning: "The multiple activation key has reached the limit of its extension.",
    remedy: MORE_ACTIVATIONS,
  },
  "0xC004D307": {
    name: "SL_REMAPPING_SP_PUB_TS_MAX_REARM_REACHED",
    meaning: "Windows has used up the times that its activation timers can be reset (/rearm).",
    remedy: "Activate with a key; to start the timers again, Windows has to be installed again.",
  },
  "0xC004E016": {
    name: "SL_E_PKEY_INVALID_CONFIG",
    meaning: "Windows refused the product key: it is not a key for the installed edition or its licence channel.",
    remedy: "Install a key of the installed edition, or change the edition first.",
  },
  "0xC004F009": {
    name: "SL_E_GRACE_TIME_EXPIRED",
    meaning: "The time that Windows runs without activation is over.",
    remedy: "Activate it: /ato once the key and the way to the KMS host or to Microsoft are right.",
  },
  "0xC004F00F": {
    name: "SL_E_OUT_OF_TOLERANCE",
    meaning: "The hardware changed more than the activation allows.",
    remedy:
      "With a KMS client, ask again (/ato) or restart; with a multiple activation key, activate again, which spends one activation.",
  },
  "0xC004F014": {
    name: "SL_E_PKEY_NOT_INSTALLED",
    meaning: "No product key is installed.",
    remedy: "Install one: the setup key of the edition for a KMS client, else your own key.",
  },
  "0xC004F02C": {
    name: "SL_E_CIDIID_INVALID_DATA",
    meaning: "The confirmation id has the wrong form.",
    remedy: "Enter it again: digits only, all blocks, in order.",
  },
  "0xC004F02F": {
    name: "SL_E_CIDIID_INVALID_DATA_LENGTH",
    meaning: "The confirmation id has the wrong length.",
    remedy: "Enter it again with all its blocks.",
  },
  "0xC004F031": {
    name: "SL_E_CIDIID_MISMATCHED",
    meaning: "The confirmation id was made for another installation id.",
    remedy:
      "Read the installation id again (/dti), since a new key or new hardware changes it, and get a confirmation id for it.",
  },
  "0xC004F04D": {
    name: "SL_E_CIDIID_INVALID_CHECK_DIGITS",
    meaning:
      "A check digit of the installation id or the confirmation id is wrong: something was mistyped or misheard.",
    remedy: "Compare the installation id that was given, and enter the confirmation id again block by block.",
  },
  "0xC004F050": {
    name: "SL_E_INVALID_PRODUCT_KEY",
    meaning:
      "Windows does not accept the product key: it is mistyped, pasted with typographic dashes, or newer than this Windows knows.",
    remedy:
      "Compare the key character by character. A KMS host that is older than its host key needs Microsoft's update for it first.",
  },
  "0xC004F051": {
    name: "SL_E_BLOCKED_PRODUCT_KEY",
    meaning: "The product key is blocked.",
    remedy: "Get another key from your volume licence portal.",
  },
  "0xC004F055": {
    name: "SL_E_BASE_SKU_NOT_AVAILABLE",
    meaning: "The key is for an add-on, and the product that it extends is not licensed here.",
    remedy: "Install and activate the base product first.",
  },
  "0xC004F061": {
    name: "SL_E_PKEY_INVALID_UPGRADE",
    meaning: "The key is for upgrades only, but Windows was installed anew.",
    remedy: "Use a key for full installations, or install as an upgrade of a licensed Windows.",
  },
  "0xC004F066": {
    name: "SL_E_DEPENDENT_PROPERTY_NOT_SET",
    meaning: "Windows misses something that has to be set first; slmgr tells it as a product that is not found.",
    remedy: "Check the Activation ID, and that a key of that product is installed.",
  },
  "0xC004F069": {
    name: "SL_E_MISMATCHED_PRODUCT_SKU",
    meaning: "The product key belongs to another edition than the installed one.",
    remedy:
      "Use the setup key of the installed edition. An evaluation copy of Windows Server has to be converted first: `dism /online /set-edition:<edition> /productkey:<key> /accepteula`.",
  },
};
