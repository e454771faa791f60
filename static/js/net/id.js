const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new idempotency key: 26 random characters (130 bits). Not `crypto.randomUUID`, which a browser only offers on
 * secure pages: a server on the local network is reached by plain http.
 */
export function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(bytes, (b) => ALPHABET[b % 32]).join("");
}
