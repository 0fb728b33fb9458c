/**
 * Characters that word processors, mail, chat and input methods put in place of the plain ones. A name or key that
 * contains one looks right on the screen, so the message has to name it.
 */

interface Substitute {
  name: string;
  /** The plain character that was meant; "" = delete it. */
  meant: string;
}

const SUBSTITUTES: ReadonlyMap<number, Substitute> = new Map([
  [0x00a0, { name: "no-break space", meant: "" }],
  [0x00ad, { name: "soft hyphen", meant: "" }],
  [0x00b7, { name: "middle dot", meant: "." }],
  [0x2010, { name: "typographic hyphen", meant: "-" }],
  [0x2011, { name: "non-breaking hyphen", meant: "-" }],
  [0x2012, { name: "figure dash", meant: "-" }],
  [0x2013, { name: "en dash", meant: "-" }],
  [0x2014, { name: "em dash", meant: "-" }],
  [0x2015, { name: "horizontal bar", meant: "-" }],
  [0x2018, { name: "left single quotation mark", meant: "" }],
  [0x2019, { name: "right single quotation mark", meant: "" }],
  [0x201c, { name: "left double quotation mark", meant: "" }],
  [0x201d, { name: "right double quotation mark", meant: "" }],
  [0x200b, { name: "zero-width space", meant: "" }],
  [0x200c, { name: "zero-width non-joiner", meant: "" }],
  [0x200d, { name: "zero-width joiner", meant: "" }],
  [0x200e, { name: "left-to-right mark", meant: "" }],
  [0x200f, { name: "right-to-left mark", meant: "" }],
  [0x202f, { name: "narrow no-break space", meant: "" }],
  [0x2026, { name: "ellipsis", meant: "..." }],
  [0x2060, { name: "word joiner", meant: "" }],
  [0x2212, { name: "minus sign", meant: "-" }],
  [0x3000, { name: "ideographic space", meant: "" }],
  [0x3002, { name: "ideographic full stop", meant: "." }],
  [0x30fc, { name: "katakana long-vowel mark", meant: "-" }],
  [0x30fb, { name: "katakana middle dot", meant: "." }],
  [0xfe58, { name: "small em dash", meant: "-" }],
  [0xfe63, { name: "small hyphen", meant: "-" }],
  [0xfeff, { name: "byte order mark", meant: "" }],
  [0xff61, { name: "half-width ideographic full stop", meant: "." }],
]);

const CONTROLS: ReadonlyMap<number, string> = new Map([
  [0x00, "NUL character"],
  [0x09, "tab"],
  [0x0a, "line feed"],
  [0x0d, "carriage return"],
  [0x20, "space"],
]);

/** Letters of other alphabets that look like a Latin one. */
const LOOKALIKES: readonly { script: RegExp; name: string }[] = [
  { script: /\p{Script=Cyrillic}/u, name: "a Cyrillic letter" },
  { script: /\p{Script=Greek}/u, name: "a Greek letter" },
];

const FULL_WIDTH_FIRST = 0xff01;
const FULL_WIDTH_LAST = 0xff5e;
/** Full-width forms stand this far above the ASCII character that they stand for. */
const FULL_WIDTH_OFFSET = 0xfee0;

export interface OddCharacter {
  /** Counted from 1, in characters as a person counts them (not UTF-16 units). */
  position: number;
  /** "an em dash (U+2014)", with its article. */
  name: string;
  /** What to do, as a clause: `type "-" instead`. */
  remedy: string;
  /** "substitute": stands where a plain character was meant, or cannot be seen. "other": may be meant, as in "münchen". */
  kind: "substitute" | "other";
}

function codePointName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function withArticle(name: string): string {
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`;
}

function describe(character: string): Omit<OddCharacter, "position"> | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0x20 && code < 0x7f) return undefined;
  const substitute = describeSubstitute(character, code);
  if (substitute) return { ...substitute, kind: "substitute" };
  return {
    name: `a character outside ASCII (${codePointName(code)})`,
    remedy: "type it with ASCII characters",
    kind: "other",
  };
}

function describeSubstitute(character: string, code: number): { name: string; remedy: string } | undefined {
  const control = CONTROLS.get(code);
  if (control) return { name: withArticle(control), remedy: "delete it" };
  const id = codePointName(code);
  const substitute = SUBSTITUTES.get(code);
  if (substitute) {
    const remedy = substitute.meant ? `type "${substitute.meant}" instead` : "delete it";
    return { name: `${withArticle(substitute.name)} (${id})`, remedy };
  }
  if (code >= FULL_WIDTH_FIRST && code <= FULL_WIDTH_LAST) {
    const plain = String.fromCharCode(code - FULL_WIDTH_OFFSET);
    const kind = /[0-9]/.test(plain) ? "digit" : /[A-Za-z]/.test(plain) ? "letter" : "character";
    return { name: `a full-width ${kind} (${id})`, remedy: `type "${plain}" instead` };
  }
  const lookalike = LOOKALIKES.find(({ script }) => script.test(character));
  if (lookalike) return { name: `${lookalike.name} (${id})`, remedy: "type the Latin letter instead" };
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return { name: `a control character (${id})`, remedy: "delete it" };
  return undefined;
}

/** The first character that is not printable ASCII; a space counts as odd. */
export function findOddCharacter(text: string): OddCharacter | undefined {
  let position = 0;
  for (const character of text) {
    position += 1;
    const odd = describe(character);
    if (odd) return { position, ...odd };
  }
  return undefined;
}

/** `text` in quotes, cut at 80 characters, with what cannot be seen written as its code point. */
export function quote(text: string): string {
  const shown = Array.from(text.slice(0, 80), (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hidden = code < 0x20 || (code >= 0x7f && code <= 0xa0) || code === 0xad || /\p{Cf}|\p{Zs}/u.test(character);
    return hidden && character !== " " ? `<${codePointName(code)}>` : character;
  }).join("");
  return `"${shown}${text.length > 80 ? "..." : ""}"`;
}
