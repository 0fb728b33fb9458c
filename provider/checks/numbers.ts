/** Checks answer `undefined` when the value is right, else one sentence with the rule that is broken. */

function checkWhole(value: number, least: number, most: number, what: string): string | undefined {
  if (Number.isInteger(value) && value >= least && value <= most) return undefined;
  return `${value} is not ${what}; a whole number from ${least} to ${most} is allowed.`;
}

/** A TCP port. Windows stores 0 for "the default", but nobody can listen there, so 0 is refused. */
export function checkPort(value: number): string | undefined {
  return checkWhole(value, 1, 65535, "a TCP port");
}

/** The range that Windows enforces for /sai and /sri: 15 minutes to 30 days. */
export const LEAST_INTERVAL_MINUTES = 15;
export const MOST_INTERVAL_MINUTES = 43200;

export function checkMinutes(value: number): string | undefined {
  return checkWhole(
    value,
    LEAST_INTERVAL_MINUTES,
    MOST_INTERVAL_MINUTES,
    "an interval in minutes that Windows accepts (15 minutes to 30 days)",
  );
}

/** Priority or weight of an SRV record: 16 bits each (RFC 2782). */
export function checkSrvPriorityWeight(value: number): string | undefined {
  return checkWhole(value, 0, 65535, "an SRV priority or weight (RFC 2782)");
}
