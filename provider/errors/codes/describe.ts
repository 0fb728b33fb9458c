import type { CodeEntry, CodeTable } from "./entry";
import { formatCode, hresultFromWin32, normalizeCode } from "./normalize";
import { SPP_KEY_CODES } from "./spp-keys";
import { SPP_KMS_CODES } from "./spp-kms";
import { SPP_TOKEN_CODES } from "./spp-token";
import { WIN32_CODES } from "./win32";
import { WMI_CODES } from "./wmi";

export interface CodeDescription extends CodeEntry {
  /** "0xC004F074": one spelling of every code; the text as it was given if it is no code. */
  code: string;
  /** False if the catalogue does not hold the code, and meaning and remedy come from its family alone. */
  known: boolean;
}

const GENERAL: CodeTable = {
  "0x00000000": { name: "S_OK", meaning: "Windows reports success.", remedy: "Nothing is wrong." },
  // SSPI facility around DNS error 9000: an SRV query that was answered with "no such name".
  "0x80092328": {
    meaning: "The name does not exist in DNS: there is no _vlmcs._tcp SRV record in the client's domain.",
    remedy:
      "Publish the record in the client's DNS domain, give the client that domain (/skms-domain, or a primary DNS suffix), or name the host (/skms).",
  },
  "0x80004005": {
    name: "E_FAIL",
    meaning: "Windows failed without telling why.",
    remedy: "Try again, and read the machine's Application log at the time of the failure.",
  },
  "0x8000FFFF": {
    name: "E_UNEXPECTED",
    meaning: "Windows met a state that it did not expect.",
    remedy: "Restart the software protection service, or the machine, and try again.",
  },
  "0x80020009": {
    name: "DISP_E_EXCEPTION",
    meaning: "A Windows component failed inside; the number hides the real error.",
    remedy: "Read the machine's Application log at the time of the failure.",
  },
  "0x80040154": {
    name: "REGDB_E_CLASSNOTREG",
    meaning: "A Windows component is not installed or not registered on that machine.",
    remedy: "Check that this Windows has the component.",
  },
};

const win32Table: CodeTable = Object.fromEntries(
  Object.entries(WIN32_CODES).map(([error, entry]) => [formatCode(hresultFromWin32(Number(error))), entry]),
);

const CATALOGUE: CodeTable = {
  ...GENERAL,
  ...win32Table,
  ...WMI_CODES,
  ...SPP_KEY_CODES,
  ...SPP_KMS_CODES,
  ...SPP_TOKEN_CODES,
};

/** Every code of the catalogue, in one spelling. */
export const KNOWN_CODES: readonly string[] = Object.keys(CATALOGUE);

const facilityOf = (hresult: number): number => Math.floor(hresult / 0x10000) % 0x800;

/** What can be said of a code that the catalogue does not hold. */
function fromFamily(hresult: number): CodeEntry {
  const low = hresult % 0x10000;
  const code = formatCode(hresult);
  switch (Math.floor(hresult / 0x10000)) {
    case 0xc004:
      return {
        meaning: `A licensing error of Windows (software protection platform) that this catalogue does not hold.`,
        remedy: `Run \`slui.exe 0x2a ${code}\` on a Windows desktop to see Microsoft's text, and read events 12288 and 12289 and the other Software Protection events in that machine's Application log.`,
      };
    case 0x4004:
      return {
        meaning: "A notice of the software protection platform, not an error.",
        remedy: `Nothing has to be done on its account; \`slui.exe 0x2a ${code}\` on a Windows desktop shows Microsoft's text.`,
      };
    case 0x8007:
      return {
        meaning: `Win32 error ${low}${low >= 9000 && low < 10000 ? " (DNS)" : low >= 12000 && low < 12200 ? " (Internet connection)" : ""}, which this catalogue does not hold.`,
        remedy: `Run \`net helpmsg ${low}\` on Windows to see its text.`,
      };
    case 0x8004:
      if (low >= 0x1000 && low < 0x2000)
        return {
          meaning: "An error of WMI that this catalogue does not hold.",
          remedy:
            "Check that Windows Management Instrumentation is running and that the account may use root\\CIMV2, then try again.",
        };
      return {
        meaning: "An error of a Windows component (COM), which this catalogue does not hold.",
        remedy: "Read the machine's Application log at the time of the failure.",
      };
    case 0x8033:
      return {
        meaning: "An error of Windows Remote Management (WinRM) that this catalogue does not hold.",
        remedy: `Run \`winrm helpmsg ${code}\` on Windows to see its text.`,
      };
    default:
      return hresult < 0x80000000
        ? {
            meaning: "A number without the mark of an error: Windows reports success or a notice.",
            remedy: "Nothing has to be done on its account.",
          }
        : {
            meaning: `An error of a Windows component (facility ${facilityOf(hresult)}, code ${low}), which this catalogue does not hold.`,
            remedy: "Read the machine's Application log at the time of the failure.",
          };
  }
}

/**
 * What a Windows error number means and what to do about it. Takes "0xC004F074", the same as signed or unsigned decimal,
 * or a bare Win32 error; always has an answer.
 */
export function describeCode(code: string | number): CodeDescription {
  const hresult = normalizeCode(code);
  if (hresult === undefined)
    return {
      code: String(code),
      known: false,
      meaning: "This is not the number of a Windows error.",
      remedy: "Read the message that came with it, and the machine's Application log at that time.",
    };
  const text = formatCode(hresult);
  const entry = CATALOGUE[text];
  return entry ? { code: text, known: true, ...entry } : { code: text, known: false, ...fromFamily(hresult) };
}
