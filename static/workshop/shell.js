/**
 * Lines of a shell, as far as this page plays them itself: one curl against this server. What else they may be (a program
 * that is started, a pipe, a loop) is for a terminal.
 */

/** The words of a line, without their quotes; null where a shell would do more than split it. */
export function words(line) {
  const found = [];
  let word = null;
  let quote = "";
  for (const c of line) {
    if (quote) {
      if (c === quote) quote = "";
      else if (quote === '"' && "$`\\".includes(c)) return null;
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== null) found.push(word);
      word = null;
    } else if ("$`\\;&|<>()*#".includes(c)) return null;
    else word = (word ?? "") + c;
  }
  if (quote) return null;
  if (word !== null) found.push(word);
  return found;
}

/** The commands of a block: its lines, those put together that a backslash continues. */
export const commands = (text) =>
  text
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"));

/**
 * What a line asks of this server: {method, path, headers, body, head}, or null where it is not for this page. `head`:
 * the answer's head is to be seen, too.
 */
export function requestOf(line, host) {
  const list = words(line);
  if (list?.[0] !== "curl") return null;
  const request = { method: "", path: "", headers: {}, body: undefined, head: false };
  for (let i = 1; i < list.length; i++) {
    const word = list[i];
    if (word === "-i") request.head = true;
    else if (word === "-s") continue;
    else if (word === "-X") request.method = list[++i];
    else if (word === "-d") request.body = list[++i];
    else if (word === "-H") {
      const [name, ...value] = (list[++i] ?? "").split(":");
      request.headers[name] = value.join(":").trim();
    } else if (word.startsWith("-") || request.path) return null;
    else request.path = word.replace(/^http:\/\//, "");
  }
  if (!request.path.startsWith(`${host}/`)) return null;
  request.path = request.path.slice(host.length);
  request.method ||= request.body === undefined ? "GET" : "POST";
  // As curl does.
  if (request.body !== undefined && !request.headers["Content-Type"]) request.headers["Content-Type"] = "application/x-www-form-urlencoded";
  return request;
}
