// Names that nobody else has, made in Node and in browsers alike.

/** So many random bytes, as text that is safe in subjects: `[A-Za-z0-9_-]`. */
export function randomName(bytes: number): string {
  const chance = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...chance))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
