import { isIP, isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { findOddCharacter, quote } from "./pasted";

/** Octets of one label, and of a whole name in presentation form without the final dot (RFC 1035 2.3.4). */
const MOST_LABEL = 63;
const MOST_NAME = 253;

/** Lower case, without surrounding spaces and without the final dot; two names are the same if this is. */
export function normalizeDomain(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, "");
}

/** What a name is not: the mistakes that are made by pasting something else than a name. */
function checkPastedInstead(text: string): string | undefined {
  if (text === "") return "The name is empty.";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return `${quote(text)} is a URL; give the name alone, without scheme and path.`;
  const odd = findOddCharacter(text);
  if (odd) {
    const ascii = odd.kind === "other" ? domainToASCII(text) : "";
    const tryAscii = ascii.includes("xn--") ? `; in DNS this name is ${quote(ascii)}` : "";
    return `${quote(text)} has ${odd.name} at character ${odd.position}: ${odd.remedy}${tryAscii}.`;
  }
  if (text.includes("@")) return `${quote(text)} has a user name before "@"; give the host name alone.`;
  if (/[/\\]/.test(text)) return `${quote(text)} has a slash; give the name alone, without path.`;
  if (text.includes(","))
    return `${quote(text)} has a comma; give one name, and priority and weight in their own properties.`;
  return undefined;
}

interface NameRules {
  /** Labels may hold "_" (DNS allows any octet; host names do not). */
  underscore: boolean;
  leastLabels: number;
  what: string;
}

function checkLabels(text: string, rules: NameRules): string | undefined {
  if (text.includes(":")) return `${quote(text)} has a colon; a port goes into its own property, not into the name.`;
  if (text.startsWith("*.")) return `${quote(text)} is a wildcard; ${rules.what} names one place.`;
  if (text.length > MOST_NAME) return `The name is ${text.length} characters long; DNS allows ${MOST_NAME}.`;
  const labels = text.split(".");
  for (const label of labels) {
    if (label === "") return `${quote(text)} has an empty label; labels are separated by one dot each.`;
    if (label.length > MOST_LABEL)
      return `The label ${quote(label)} is ${label.length} characters long; DNS allows ${MOST_LABEL}.`;
    const wrong = label.replace(rules.underscore ? /[A-Za-z0-9_-]/g : /[A-Za-z0-9-]/g, "").charAt(0);
    if (wrong === "_")
      return `${quote(text)} has an underscore; host names hold letters, digits and hyphens only (RFC 1123), so rename the host or give its IP address.`;
    if (wrong)
      return `${quote(text)} has the character ${quote(wrong)}; ${rules.what} holds letters, digits and hyphens${rules.underscore ? ", and underscores in service labels" : ""}, in labels separated by dots.`;
    if (label.startsWith("-") || label.endsWith("-"))
      return `The label ${quote(label)} begins or ends with a hyphen; letters and digits are allowed there (RFC 1123).`;
  }
  if (/^\d+$/.test(labels.at(-1) ?? ""))
    return labels.length === 4 && labels.every((label) => /^\d+$/.test(label))
      ? `${quote(text)} looks like an IPv4 address but is none; four numbers from 0 to 255 without leading zeros are allowed.`
      : `${quote(text)} ends with a label of digits only, which no name may (RFC 1123).`;
  if (labels.length < rules.leastLabels)
    return `${quote(text)} is a single label; give the full name with its domain, like ${quote(`${text}.contoso.com`)}.`;
  return undefined;
}

/** A fully qualified host name: two labels at least, no address. A final dot is allowed ({@link normalizeDomain} takes it off). */
export function checkFqdn(text: string): string | undefined {
  const rule = checkPastedInstead(text);
  if (rule) return rule;
  if (isIP(text.replace(/^\[(.*)\]$/, "$1")))
    return `${quote(text)} is an IP address; here the host's full name is needed, like "kms01.contoso.com".`;
  return checkLabels(text.replace(/\.$/, ""), { underscore: false, leastLabels: 2, what: "a host name" });
}

/** What slmgr /skms and a connection take: FQDN, single-label (NetBIOS) name, IPv4, IPv6 with or without brackets. */
export function checkHostName(text: string): string | undefined {
  const rule = checkPastedInstead(text);
  if (rule) return rule;
  const bracketed = /^\[(.*)\](.*)$/.exec(text);
  const address = bracketed?.[1] ?? text;
  if (isIPv6(address)) {
    if (bracketed?.[2]) return `${quote(text)} has something after the bracket; a port goes into its own property.`;
    if (address.includes("%"))
      return `${quote(text)} has a zone index after "%", which means something on one machine only; give an address without it.`;
    return undefined;
  }
  if (bracketed) return `${quote(text)} has brackets, which are for IPv6 addresses only; ${quote(address)} is none.`;
  if (isIPv4(text)) return undefined;
  if (text.endsWith(".")) return `${quote(text)} ends with a dot; write the host's name without it.`;
  if ((text.match(/:/g)?.length ?? 0) > 1)
    return `${quote(text)} is no IPv6 address; colons stand in IPv6 addresses only.`;
  return checkLabels(text, { underscore: false, leastLabels: 1, what: "a host name" });
}

/**
 * A DNS domain or zone: where records are published or looked up. A single label (old AD domains), underscores
 * ("_msdcs.contoso.com") and a final dot are allowed.
 */
export function checkDnsDomain(text: string): string | undefined {
  const rule = checkPastedInstead(text);
  if (rule) return rule;
  if (isIP(text)) return `${quote(text)} is an IP address; here a DNS domain is needed, like "contoso.com".`;
  const service = /^_vlmcs\._(?:tcp|udp)\.(.+)$/i.exec(text);
  if (service) return `${quote(text)} is a record's name; give the domain alone: ${quote(service[1] ?? "")}.`;
  return checkLabels(text.replace(/\.$/, ""), { underscore: true, leastLabels: 1, what: "a DNS domain" });
}
