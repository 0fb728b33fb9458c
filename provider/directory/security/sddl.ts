import { ACE_FLAG, ACE_TYPE, type Ace } from "./ace";
import { maskText } from "./rights";

const TYPES: { readonly [type: number]: string } = {
  [ACE_TYPE.allow]: "A",
  [ACE_TYPE.deny]: "D",
  [ACE_TYPE.allowObject]: "OA",
  [ACE_TYPE.denyObject]: "OD",
  [ACE_TYPE.allowCallback]: "XA",
  [ACE_TYPE.denyCallback]: "XD",
};
const FLAGS: readonly [letters: string, bit: number][] = [
  ["OI", 0x01],
  ["CI", 0x02],
  ["NP", 0x04],
  ["IO", ACE_FLAG.inheritOnly],
  ["ID", ACE_FLAG.inherited],
];

/**
 * One entry in the form of SDDL, like "(A;;LCSWRPWPLORC;;;S-1-5-21-1-2-3-1105)". The SID is never abbreviated. An entry
 * of a type that is not understood shows its type and length only.
 */
export function aceText({ type, flags, bytes, known }: Ace): string {
  const letters = FLAGS.map(([text, bit]) => ((flags & bit) === 0 ? "" : text)).join("");
  const name = TYPES[type] ?? `0x${type.toString(16)}`;
  if (!known) return `(${name};${letters};${bytes.length} bytes)`;
  const { mask, objectType = "", inheritedObjectType = "", sid } = known;
  return `(${[name, letters, maskText(mask), objectType, inheritedObjectType, sid].join(";")})`;
}
