// What Node's URL and URLSearchParams make of URLs: one JSON string a line in; out, one JSON array
// a line: [normalised, host, path, query, [keys of the query]], or null if it is no http(s) URL.
import { readFileSync } from "node:fs";

function read(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  const keys = url.search.slice(1).split("&").filter((pair) => pair !== "")
    .map((pair) => [...new URLSearchParams("&" + pair).keys()][0]);
  return [url.href, url.hostname.replace(/\.+$/, ""), url.pathname, url.search.slice(1), keys];
}

const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
process.stdout.write(lines.map((line) => JSON.stringify(read(JSON.parse(line))) + "\n").join(""));
