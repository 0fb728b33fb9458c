/**
 * Microsoft's BatchActivation web service, which VAMT uses for proxy activation. Microsoft documents none of it: these
 * values are the ones of ActivationWs, published by a Microsoft employee. Endpoint and MAC key can be overridden.
 */
export const DEFAULT_ENDPOINT = "https://activation.sls.microsoft.com/BatchActivation/BatchActivation.asmx";
export const SOAP_ACTION = "http://www.microsoft.com/BatchActivationService/BatchActivate";
export const ENVELOPE_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/";
export const SERVICE_NAMESPACE = "http://www.microsoft.com/BatchActivationService";
export const REQUEST_NAMESPACE = "http://www.microsoft.com/DRM/SL/BatchActivationRequest/1.0";
export const RESPONSE_NAMESPACE = "http://www.microsoft.com/DRM/SL/BatchActivationResponse/1.0";

/**
 * Key of the request's HMAC-SHA256, hexadecimal. It stands in every published client and identifies nobody. The client
 * pads it with zero bytes to 64, which HMAC does by itself.
 */
export const DEFAULT_MAC_KEY = "FE319875FB4884869CF3F1CE99A89064AB571FCA470450583024E214628779A0";

export const REQUEST_TYPE = { confirmationId: 1, remainingCount: 2 } as const;
