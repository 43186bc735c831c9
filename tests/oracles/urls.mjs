// What postcss and postcss-value-parser find in style sheets. A line of JSON with a sheet's text in, a line with the
// values of its url(), src(), image-set() and @import out, in order, their escapes undone; null where it can't be read.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const postcss = require("postcss");
const parseValue = require("postcss-value-parser");

const FUNCTIONS = new Set(["url", "src", "image-set", "-webkit-image-set"]);
const ESCAPE = /\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\n\r\f])|(.))/gisu;

const unescaped = (raw) =>
  raw.replace(ESCAPE, (_, code, newline, one) => (code ? String.fromCodePoint(parseInt(code, 16)) : newline ? "" : one));

function* inValue(nodes, inFunction = false) {
  for (const node of nodes) {
    const isUrl = node.type === "function" && FUNCTIONS.has(node.value.toLowerCase());
    if (node.type === "string" && inFunction) yield unescaped(node.value);
    else if (isUrl && node.nodes[0]?.type === "word" && node.value.toLowerCase() === "url") yield unescaped(node.nodes[0].value);
    else if (node.nodes) yield* inValue(node.nodes, isUrl);
  }
}

function* inImport(nodes) {
  const [first, ...others] = nodes;
  if (first?.type === "string") yield unescaped(first.value);
  yield* inValue(first?.type === "string" ? others : nodes);
}

function references(text) {
  const found = [];
  let root;
  try {
    root = postcss.parse(text);
  } catch {
    return null;
  }
  root.walk((node) => {
    if (node.type === "decl") found.push(...inValue(parseValue(node.raws.value?.raw ?? node.value).nodes));
    else if (node.type === "atrule" && node.name.toLowerCase() !== "namespace") {
      const read = node.name.toLowerCase() === "import" ? inImport : inValue;
      found.push(...read(parseValue(node.raws.params?.raw ?? node.params).nodes));
    }
  });
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(references(JSON.parse(line)))}\n`);
}
