import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { OsKind } from "./os";

export const WINDOWS_APPLICATION_ID = "55c92734-d682-4d71-983e-d6ec3f16059f";

function digest(...parts: (string | number)[]): Buffer {
  return createHash("sha256").update(parts.join("\0")).digest();
}

/** A GUID that is always the same for the same parts. */
export function stableGuid(...parts: (string | number)[]): string {
  const bytes = digest(...parts);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const text = bytes.toString("hex");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20, 32)].join("-");
}

export function newGuid(): string {
  return randomUUID();
}

export function newSmbiosUuid(): string {
  return randomUUID().toUpperCase();
}

function digits(count: number, ...parts: (string | number)[]): string {
  let text = "";
  for (let round = 0; text.length < count; round++) {
    text += [...digest(round, ...parts)].map((byte) => byte % 10).join("");
  }
  return text.slice(0, count);
}

/** Sum of the digits, those at odd places (from 0) twice, modulo 7. */
function checkDigit(block: string): number {
  return [...block].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 1 ? 2 : 1), 0) % 7;
}

/** Whether every block of `size` digits ends in its check digit. */
export function hasValidCheckDigits(text: string, size: number): boolean {
  const blocks = text.match(new RegExp(`.{${size}}`, "g")) ?? [];
  return blocks.length * size === text.length && blocks.every((b) => checkDigit(b.slice(0, -1)) === Number(b.at(-1)));
}

function checkedBlocks(count: number, size: number, ...parts: (string | number)[]): string {
  const raw = digits(count * (size - 1), ...parts);
  let text = "";
  for (let index = 0; index < count; index++) {
    const block = raw.slice(index * (size - 1), (index + 1) * (size - 1));
    text += block + checkDigit(block);
  }
  return text;
}

/** Nine blocks: of six digits in the Windows 7 generation, of seven since. Changes with the key and the hardware. */
export function installationId(os: OsKind, key: string, smbiosUuid: string, hardware: number): string {
  return checkedBlocks(9, os.generation === "win7" ? 6 : 7, "iid", key, smbiosUuid, hardware);
}

/** Eight blocks of six digits; `secret` is the lab's own, so that nobody else can compute them. */
export function confirmationId(installationIdText: string, secret: string): string {
  return checkedBlocks(8, 6, "cid", secret, installationIdText);
}

/** Extended product id, in the shape that Windows shows. */
export function productKeyId(os: OsKind, key: string): string {
  const d = digits(22, "pid", key);
  return `${d.slice(0, 5)}-00${d.slice(5, 8)}-${d.slice(8, 11)}-${d.slice(11, 17)}-03-1033-${os.build}.0000-${d.slice(17, 22)}25`;
}

export function newSecret(): string {
  return randomBytes(24).toString("hex");
}
