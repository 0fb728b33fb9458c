import type { CodeEntry, CodeTable } from "./entry";

const token = (name: string, reason: string): CodeEntry => ({
  name,
  meaning: `Token-based activation failed: ${reason}.`,
  remedy:
    "Check the issuance licences and certificates on that machine (/lil, /ltc), or let it activate by KMS (/act-type 2).",
});

/** Activation by certificate or smart card (/act-type 3). */
export const SPP_TOKEN_CODES: CodeTable = {
  "0xC004F304": token("SL_E_TKA_GRANT_NOT_FOUND", "the issuance licence is not there"),
  "0xC004F305": token("SL_E_TKA_CERT_NOT_FOUND", "no certificate on the machine can activate this product"),
  "0xC004F30A": token("SL_E_TKA_INVALID_CERTIFICATE", "the certificate does not meet the conditions of the licence"),
  "0xC004F30D": token("SL_E_TKA_INVALID_THUMBPRINT", "what was given is no thumbprint"),
  "0xC004F30E": token("SL_E_TKA_THUMBPRINT_CERT_NOT_FOUND", "no certificate has the thumbprint that was given"),
  "0xC004F30F": token(
    "SL_E_TKA_CRITERIA_MISMATCH",
    "the certificate does not fit the criteria of the issuance licence",
  ),
  "0xC004F310": token(
    "SL_E_TKA_TPID_MISMATCH",
    "the certificate comes from another trust point than the issuance licence names",
  ),
  "0xC004F311": token("SL_E_TKA_SOFT_CERT_DISALLOWED", "the licence wants a certificate on a smart card"),
  "0xC004F312": token("SL_E_TKA_SOFT_CERT_INVALID", "the private key of the certificate can be exported"),
};
