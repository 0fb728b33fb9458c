import { createHmac } from "node:crypto";
import { XMLBuilder } from "fast-xml-parser";
import { ENVELOPE_NAMESPACE, REQUEST_NAMESPACE, REQUEST_TYPE, SERVICE_NAMESPACE } from "./constants";

/** What is asked: a confirmation id takes one activation of the MAK, its remaining count takes none. */
export type BatchQuestion =
  /** `productKeyId`: the extended product id (SoftwareLicensingProduct.ProductKeyID). */
  | { ask: "confirmationId"; productKeyId: string; installationId: string }
  | { ask: "remainingCount"; productKeyId: string };

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';

/** The inner document: what is signed. */
export function innerRequest(question: BatchQuestion): string {
  const request =
    question.ask === "confirmationId"
      ? { PID: question.productKeyId, IID: question.installationId }
      : { PID: question.productKeyId };
  return builder.build({
    ActivationRequest: {
      "@_xmlns": REQUEST_NAMESPACE,
      VersionNumber: "2.0",
      RequestType: REQUEST_TYPE[question.ask],
      Requests: { Request: request },
    },
  });
}

/** The SOAP 1.1 envelope: the inner document as Base64 of its UTF-16LE bytes, and the HMAC-SHA256 of those bytes. */
export function soapRequest(question: BatchQuestion, macKey: string): string {
  const bytes = Buffer.from(innerRequest(question), "utf16le");
  const digest = createHmac("sha256", Buffer.from(macKey, "hex")).update(bytes).digest("base64");
  const envelope = builder.build({
    "soap:Envelope": {
      "@_xmlns:soap": ENVELOPE_NAMESPACE,
      "soap:Body": {
        BatchActivate: {
          "@_xmlns": SERVICE_NAMESPACE,
          request: { Digest: digest, RequestXml: bytes.toString("base64") },
        },
      },
    },
  });
  return DECLARATION + envelope;
}
