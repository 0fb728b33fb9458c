import { MINUTE_MS } from "../clock/clock";
import { KMS_VALIDITY_MINUTES, markActivated } from "../machine/licensing";
import type { Machine } from "../machine/machine";
import type { ProductState } from "../machine/state";
import { CSVLKS, csvlkCovers } from "../microsoft/csvlk";

/**
 * Active Directory-based activation: a client of Windows 8, Server 2012 or later that is joined to the forest, and has a
 * setup key that the forest's activation object covers, is activated for 180 days; no host is asked, nobody is counted.
 * Answers false where that cannot be; the client goes on to KMS then.
 */
export function activateByDirectory(client: Machine, product: ProductState): boolean {
  const object = client.joined ? client.forest.activationObject : undefined;
  if (!object || client.os.generation === "win7") return false;
  if (!csvlkCovers(CSVLKS[object.csvlk], client.os.id, client.edition)) return false;
  markActivated(client, product, client.world.now() + KMS_VALIDITY_MINUTES * MINUTE_MS, "AD");
  return true;
}
