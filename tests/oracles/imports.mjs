// What es-module-lexer finds in modules. A line of JSON with a module's text in, a line with its references out:
// [start, end, value, kind, whether it is bare], in bytes of UTF-8, without quotes; null where it can't read the text.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { init, parse } = createRequire(`${process.cwd()}/`)("es-module-lexer");

const BOM = "\ufeff";

// The lexer reports import.meta; what stands around it says what it is for.
const RESOLVE = /\s*\.\s*resolve\s*\(\s*(["'])((?:(?!\1)[^\\])*)\1/y;
const NEW_URL = /\bnew\s+URL\s*\(\s*(["'`])((?:(?!\1)[^\\])*)\1\s*,\s*$/;
const URL_PROPERTY = /\s*\.\s*url\s*\)/y;

function* found(text) {
  for (const item of parse(text)[0]) {
    if (item.type === "import-meta") {
      yield* aroundMeta(text, item);
    } else if (item.specifier !== undefined && !item.glob) {
      const quoted = /["'`]/.test(text[item.start]);
      const kind = item.type === "dynamic" ? "dynamic import" : "import";
      yield [item.start + quoted, item.end - quoted, item.specifier, kind];
    }
  }
}

function* aroundMeta(text, { start, end }) {
  RESOLVE.lastIndex = URL_PROPERTY.lastIndex = end;
  const resolve = RESOLVE.exec(text);
  if (resolve) yield [RESOLVE.lastIndex - 1 - resolve[2].length, RESOLVE.lastIndex - 1, resolve[2], "dynamic import"];
  const before = text.slice(Math.max(0, start - 1000), start);
  const url = URL_PROPERTY.test(text) && NEW_URL.exec(before);
  if (url && !url[2].includes("${")) {
    const first = start - before.length + url.index + url[0].indexOf(url[1]) + 1;
    yield [first, first + url[2].length, url[2], "url"];
  }
}

const isBare = ([, , value, kind]) => kind !== "url" && !/^\.{0,2}\//.test(value) && !URL.canParse(value);

function references(text) {
  let items;
  const start = text.startsWith(BOM) ? 1 : 0; // a decoder takes it away; to the lexer it is a letter
  try {
    items = [...found(text.slice(start))].sort(([a], [b]) => a - b);
  } catch {
    return null;
  }
  let index = 0;
  let byte = 0;
  const byteAt = (place) => {
    byte += Buffer.byteLength(text.slice(index, place + start));
    index = place + start;
    return byte;
  };
  return items.map((item) => [byteAt(item[0]), byteAt(item[1]), item[2], item[3], isBare(item)]);
}

await init();
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(references(JSON.parse(line)))}\n`);
}
