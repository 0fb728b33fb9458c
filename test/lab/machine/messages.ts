import { HR, hex } from "./hresult";

/**
 * What this Windows says to an error, in its display language, in the lab's own words. It exists so that nothing
 * above it comes to depend on the text: the same code reads differently on two machines.
 */
const ENGLISH: Record<number, string> = {
  [HR.accessDenied]: "Access is denied.",
  [HR.invalidParameter]: "A parameter has a value that is not allowed.",
  [HR.elevationRequired]: "The requester must have elevated rights.",
  [HR.invalidKey]: "The product key is not valid.",
  [HR.otherEdition]: "The product key does not belong to the installed product.",
  [HR.notEnoughCount]: "The key management service has not been asked by enough machines yet.",
  [HR.noHostAnswered]: "No key management service could be reached.",
  [HR.hostKeyOverLimit]: "The activation limit of the key is exceeded.",
};
const TAIWAN: Record<number, string> = {
  [HR.accessDenied]: "存取被拒。",
  [HR.invalidParameter]: "參數的值不被允許。",
  [HR.elevationRequired]: "要求者必須具有提升的權限。",
  [HR.invalidKey]: "產品金鑰無效。",
  [HR.otherEdition]: "產品金鑰與已安裝的產品不符。",
  [HR.notEnoughCount]: "向金鑰管理服務提出要求的電腦數量不足。",
  [HR.noHostAnswered]: "無法連線到任何金鑰管理服務。",
  [HR.hostKeyOverLimit]: "已超過金鑰的啟用次數上限。",
};

export function messageFor(code: number, language: string): string {
  if (language === "zh-TW") return TAIWAN[code] ?? `發生錯誤，HRESULT 為 ${hex(code)}。`;
  return ENGLISH[code] ?? `An error occurred; HRESULT ${hex(code)}.`;
}

/** .NET turns a few HRESULTs into exceptions of their own; all others are COMException. */
export function exceptionFor(code: number): string {
  if (code === HR.accessDenied) return "System.UnauthorizedAccessException";
  if (code === HR.invalidParameter) return "System.ArgumentException";
  return "System.Runtime.InteropServices.COMException";
}

/** What the shell says to a command that is not there. */
export function unknownCommand(command: string, language: string): string {
  return language === "zh-TW"
    ? `'${command}' 不是內部或外部命令、可執行的程式或批次檔。\r\n`
    : `'${command}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`;
}
