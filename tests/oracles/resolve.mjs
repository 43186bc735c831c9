// What a reference leads to by the URL standard. A line of JSON with [reference, base] in, a line with {path, rest} out:
// the path decoded, and all else of the URL; null for what is no URL.

import { createInterface } from "node:readline";

// A percent sign that encodes nothing stands for itself.
const decoded = (path) =>
  Buffer.concat(path.split(/(%[0-9a-f]{2})/i).map((part) => (/^%[0-9a-f]{2}$/i.test(part) ? Buffer.from(part.slice(1), "hex") : Buffer.from(part)))).toString();

function resolve([reference, base]) {
  if (!URL.canParse(reference, base)) return null;
  const url = new URL(reference, base);
  return { path: decoded(url.pathname), rest: [url.protocol, url.host, url.search, url.hash] };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(resolve(JSON.parse(line)))}\n`);
}
