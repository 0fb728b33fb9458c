import { csvlkHostableOn, HOST_KEYS, windowsRelease } from "../../keys/index";
import type { Hello } from "../../machine/session";

/** EditionIDs of Windows Server Datacenter: Azure Edition, which Azure activates and which hosts no KMS key. */
const AZURE_EDITION = /^ServerTurbine/i;

/** Why this Windows can be no KMS host at all; undefined where a host key may be tried. */
export function noHostReason({ editionId, osCaption }: Hello): string | undefined {
  if (!AZURE_EDITION.test(editionId)) return undefined;
  return `${osCaption.trim()} can be no KMS host: Datacenter: Azure Edition takes no KMS host key`;
}

/** The generation in a host key's Description, like "VOLUME_KMS_WS22 channel". */
const GENERATION = /VOLUME_KMS_(WS\d{2}|W10)\b/;
const nameOf = (token: string) => (token === "W10" ? "Windows 10" : `Windows Server 20${token.slice(2)}`);
const tokenOf = (name: string) => (name === "Windows 10" ? "W10" : `WS${name.slice(-2)}`);

/** What an installed host key was issued for, where its Description tells. */
export function generationOf(description: string): string | undefined {
  const token = GENERATION.exec(description)?.[1];
  const name = token === undefined ? undefined : nameOf(token);
  return HOST_KEYS.some((kind) => kind.name === name) ? name : undefined;
}

/** Generations of host keys that Microsoft's table does not let this Windows host; empty for releases outside the table. */
export function notHostable(hello: Hello): string[] {
  const release = windowsRelease(hello);
  const hostable = release ? csvlkHostableOn(release.name) : [];
  if (hostable.length === 0) return [];
  return HOST_KEYS.filter((kind) => !hostable.includes(kind)).map(({ name }) => tokenOf(name));
}
