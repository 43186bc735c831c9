// What Lightning CSS finds in style sheets. A line of JSON with a sheet's text in, a line with the URLs of its url(),
// image-set() and @import out, in order; null where it can't be read.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { transform } = createRequire(`${process.cwd()}/`)("lightningcss");

const byPlace = (a, b) => a.loc.start.line - b.loc.start.line || a.loc.start.column - b.loc.start.column;

function dependencies(text) {
  try {
    const options = { filename: "a.css", code: Buffer.from(text), analyzeDependencies: true, errorRecovery: true };
    return transform(options).dependencies.sort(byPlace).map(({ url }) => url);
  } catch {
    return null;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(dependencies(JSON.parse(line)))}\n`);
}
