// The same message to many subjects, in one piece as it goes to a NATS server (docs.nats.io, "Client Protocol": PUB and
// HPUB): what is the same is made once, and the rest is one string.

/** @param subjects each may be published to, which is not looked at here */
export function publishBlock(
  subjects: readonly string[],
  bytes: Uint8Array,
  headers: ReadonlyMap<string, string> | undefined,
): Uint8Array {
  const head = headers === undefined ? '' : headerBlock(headers);
  const sizes = headers === undefined ? `${bytes.length}` : `${head.length} ${head.length + bytes.length}`;
  const verb = headers === undefined ? 'PUB' : 'HPUB';
  // One character is one byte, also of what is more than one byte in UTF-8.
  const rest = ` ${sizes}\r\n${head}${Buffer.from(bytes).toString('latin1')}\r\n`;
  let block = '';
  for (const subject of subjects) block += `${verb} ${asBytes(subject)}${rest}`;
  return Buffer.from(block, 'latin1');
}

function headerBlock(headers: ReadonlyMap<string, string>): string {
  let block = 'NATS/1.0\r\n';
  for (const [name, value] of headers) block += `${name}: ${value.trim()}\r\n`;
  return asBytes(`${block}\r\n`);
}

function asBytes(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
}
