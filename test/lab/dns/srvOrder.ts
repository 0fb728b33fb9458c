interface Ranked {
  priority: number;
  weight: number;
}

/**
 * The order of RFC 2782: lowest priority first; among equals drawn by weight, those of weight 0 having a very small
 * chance of being drawn before others.
 */
export function inOrder<T extends Ranked>(targets: readonly T[], random: () => number): T[] {
  const waiting = [...targets].sort((one, other) => one.priority - other.priority || one.weight - other.weight);
  const order: T[] = [];
  while (waiting.length > 0) {
    const priority = waiting[0]?.priority;
    const equals = waiting.filter((target) => target.priority === priority);
    const drawn = draw(equals, random);
    order.push(drawn);
    waiting.splice(waiting.indexOf(drawn), 1);
  }
  return order;
}

function draw<T extends Ranked>(equals: readonly T[], random: () => number): T {
  const total = equals.reduce((sum, { weight }) => sum + weight, 0);
  const any = equals[Math.floor(random() * equals.length)];
  if (total === 0 && any) return any;
  const mark = Math.floor(random() * (total + 1));
  let sum = 0;
  for (const target of equals) {
    sum += target.weight;
    if (sum >= mark) return target;
  }
  throw new Error("There is nothing to draw from.");
}
