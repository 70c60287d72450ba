// What came from outside, put into a sentence: short, and safe for whatever it is. A decoded map may have fields
// named toString and valueOf that are no functions, and String() of it throws.

const CHARACTERS_MAX = 64;

/** Text, numbers and the like as they are, cut to 64 characters; anything larger by its type. */
export function shown(candidate: unknown): string {
  if (typeof candidate === 'object' && candidate !== null) return typeOf(candidate);
  const text = String(candidate);
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
}

function typeOf(candidate: object): string {
  if (Array.isArray(candidate)) return 'an array';
  return candidate instanceof Uint8Array ? 'bytes' : 'a map';
}
