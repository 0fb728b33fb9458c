import type { CodeTable } from "./entry";

const REPOSITORY = "Check the WMI repository with `winmgmt /verifyrepository`, and restart the machine.";

/** Codes of WMI itself (WBEM_E_*). Codes of the methods that it calls pass through it unchanged. */
export const WMI_CODES: CodeTable = {
  "0x80041001": {
    name: "WBEM_E_FAILED",
    meaning: "WMI failed without telling why; while the software protection service starts, this passes.",
    remedy: `Try again in a minute. ${REPOSITORY}`,
  },
  "0x80041002": {
    name: "WBEM_E_NOT_FOUND",
    meaning: "WMI has no such object, for example no product of that Activation ID.",
    remedy: "Check the Activation ID against the products that carry a key.",
  },
  "0x80041003": {
    name: "WBEM_E_ACCESS_DENIED",
    meaning: "WMI denied access.",
    remedy: "Use an administrator who is elevated there, or grant the account rights on the namespace root\\CIMV2.",
  },
  "0x80041006": {
    name: "WBEM_E_OUT_OF_MEMORY",
    meaning: "WMI ran out of memory.",
    remedy: "Restart the machine or its Windows Management Instrumentation service.",
  },
  "0x80041008": {
    name: "WBEM_E_INVALID_PARAMETER",
    meaning: "WMI was given a value that the method does not accept.",
    remedy: "Check the value against the range of the option.",
  },
  "0x8004100E": {
    name: "WBEM_E_INVALID_NAMESPACE",
    meaning: "The WMI namespace does not exist on that machine.",
    remedy: REPOSITORY,
  },
  "0x80041010": {
    name: "WBEM_E_INVALID_CLASS",
    meaning: "The WMI class does not exist on that machine: its Windows is too old, or its repository is damaged.",
    remedy: REPOSITORY,
  },
  "0x80041013": {
    name: "WBEM_E_PROVIDER_LOAD_FAILURE",
    meaning:
      "WMI could not load the part that answers for licensing; while the software protection service starts, this passes.",
    remedy: "Try again in a minute; start sppsvc if it is stopped.",
  },
  "0x80041017": {
    name: "WBEM_E_INVALID_QUERY",
    meaning: "WMI does not understand the query, for example because this Windows lacks a column that was named.",
    remedy: "Ask only for columns that this Windows has.",
  },
  "0x80041032": {
    name: "WBEM_E_CALL_CANCELLED",
    meaning: "WMI cancelled the call.",
    remedy: "Try again; a machine under load or about to shut down does this.",
  },
  "0x80041064": {
    name: "WBEM_E_LOCAL_CREDENTIALS",
    meaning: "WMI takes no user name for a connection to the machine itself.",
    remedy: "Leave the target's user and password out when the target is the management machine.",
  },
};
