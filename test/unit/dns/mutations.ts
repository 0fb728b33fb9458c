import { createHash } from "node:crypto";
import { parseMessage } from "../../../provider/dns/wire/message";

/** A small generator with a seed, so that a failing case can be run again. */
export function randoms(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A message with some of its octets changed, cut out, doubled, or cut off. */
export function mutated(message: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(message);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(Math.max(bytes.length, 1));
    switch (random(6)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 1 + random(16)), bytes.subarray(at)]);
        break;
      case 3:
        if (bytes.length > 0) bytes[at] = [0, 0xff, 0xc0, 0x3f, 0x40, 0x0c][random(6)] ?? 0;
        break;
      case 4:
        bytes = Buffer.concat([bytes, createHash("md5").update(String(at)).digest().subarray(0, random(16))]);
        break;
      default:
        if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    }
  }
  return bytes;
}

/** A message with other data in one of its records, of a length that is told rightly: only its reader can see what is wrong. */
export function reshaped(message: Buffer, random: (below: number) => number): Buffer {
  const { answers, authority, additional } = parseMessage(message);
  const records = [...answers, ...authority, ...additional];
  const record = records[random(records.length)];
  if (!record) return message;
  const { rdata, rdataStart, end } = record;
  const octets = createHash("md5")
    .update(String(random(1_000_000)))
    .digest();
  const other = [
    () => rdata.subarray(0, random(rdata.length + 1)),
    () => rdata.subarray(random(rdata.length + 1)),
    () => Buffer.concat([rdata, octets.subarray(0, 1 + random(4))]),
    () => octets.subarray(0, random(octets.length)),
  ][random(4)];
  const data = other?.() ?? rdata;
  const bytes = Buffer.concat([message.subarray(0, rdataStart), data, message.subarray(end)]);
  bytes.writeUInt16BE(data.length, rdataStart - 2);
  return bytes;
}
