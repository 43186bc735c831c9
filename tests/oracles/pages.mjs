// What parse5 and parse-srcset find in pages. A line of JSON with a page's text in, a line with {texts, tree} out: the
// texts that hold URLs, as [start, end, kind, value] in bytes, in order, and the tree of the page as a text of its own.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const { html, parse } = await import(require.resolve("parse5"));
const parseSrcset = require("parse-srcset");

const BOM = "\ufeff";
const NO_UTF8 = /[\udc80-\udcff]/gu; // what Python's surrogateescape makes of one byte
const AROUND = /^[\0- ]*|[\0- ]*$/g; // a URL (URL standard)
const ORIGINS = /^(?:dns-prefetch|preconnect)$/;
const MEDIA = /^(?:og:(?:image|video|audio)|twitter:image|image|msapplication-TileImage)$/i;
const REFRESH = /^[\d\s.]*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i;
const SCRIPT = /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/i;
const PAINT = /^(?:clip-path|cursor|fill|filter|marker(?:-\w+)?|mask|stroke)$/;

// HTML's index of attributes, and those that are obsolete (15.3.3). Elements that a script gives a meaning have a src.
const URLS = {
  href: /^(?:a|area)$/,
  src: /./,
  poster: /^video$/,
  data: /^object$/,
  background: /^(?:body|table|tbody|td|tfoot|th|thead|tr)$/,
};

const attribute = (element, name) => element.attrs.find((attr) => attr.name === name)?.value;
const words = (value = "") => value.toLowerCase().split(/[\t\n\f\r ]+/).filter(Boolean);

function kindOf({ tagName, namespaceURI, attrs }, { name, value }) {
  if (name === "style") return "css";
  if (namespaceURI === html.NS.SVG) return name === "href" ? "url" : PAINT.test(name) ? "css" : null;
  if (namespaceURI !== html.NS.HTML) return null;
  const rels = words(attribute({ attrs }, "rel"));
  if (tagName === "link" && name === "href") return rels.some((rel) => !ORIGINS.test(rel)) ? "url" : null;
  const isMedia = (key) => MEDIA.test(attribute({ attrs }, key) ?? "");
  if (tagName === "meta" && name === "content" && words(attribute({ attrs }, "http-equiv"))[0] === "refresh") return "refresh";
  if (tagName === "meta" && name === "content") return ["property", "name", "itemprop"].some(isMedia) ? "url" : null;
  if (name === "srcset" && /^(?:img|source)$/.test(tagName)) return "srcset";
  if (name === "imagesrcset" && tagName === "link") return "srcset";
  return URLS[name]?.test(tagName) ? "url" : null;
}

// Where the value of an attribute stands, without its quotes.
function placeOfValue(text, { startOffset, endOffset }) {
  const [before] = /^[^][^=\s]*\s*(?:=\s*)?/.exec(text.slice(startOffset, endOffset));
  const start = startOffset + before.length;
  return /["']/.test(text[start]) && start < endOffset ? [start + 1, endOffset - 1] : [start, endOffset];
}

function* inAttributes(element, text) {
  for (const attr of element.attrs) {
    const kind = kindOf(element, attr);
    const key = attr.prefix ? `${attr.prefix}:${attr.name}` : attr.name.toLowerCase();
    if (!kind) continue;
    const [start, end] = placeOfValue(text, element.sourceCodeLocation.attrs[key]);
    if (kind === "css") yield [start, end, "css", attr.value];
    else if (kind === "refresh") {
      const url = REFRESH.exec(text.slice(start, end));
      if (url) yield [start + url[0].length - url[1].length, start + url[0].length, "urls", [url[1]]];
    } else if (kind === "srcset") yield [start, end, "urls", parseSrcset(attr.value).map(({ url }) => url)];
    else if (attr.value.replace(AROUND, "")) {
      const [before, after] = text.slice(start, end).match(AROUND);
      yield [start + before.length, end - (after ?? "").length, "urls", [attr.value.replace(AROUND, "")]];
    }
  }
}

// What a script has instead of a text.
const SOURCE = { [html.NS.HTML]: "src", [html.NS.SVG]: "href" };

function* inContent(element) {
  const [child] = element.childNodes;
  const kind = { style: "css", script: "javascript" }[element.tagName];
  const source = SOURCE[element.namespaceURI];
  if (!source || !kind || child?.nodeName !== "#text") return;
  const type = attribute(element, "type") ?? "";
  if (kind === "css" ? !/^(?:|text\/css)$/i.test(type) : attribute(element, source) !== undefined || !SCRIPT.test(type)) return;
  yield [child.sourceCodeLocation.startOffset, child.sourceCodeLocation.endOffset, kind, child.value];
}

function* nodes(parent) {
  for (const node of parent.childNodes) {
    yield node;
    if (node.content) yield* nodes(node.content);
    if (node.childNodes) yield* nodes(node);
  }
}

// A list of all nodes in the order of their ends is a tree: each says how many it holds.
const described = ({ nodeName, namespaceURI, attrs, value, data, name, publicId, systemId, childNodes, content }) =>
  [nodeName, namespaceURI, attrs?.map((attr) => [attr.prefix, attr.name, attr.value]), value ?? data]
    .concat([name, publicId, systemId, childNodes?.length, content?.childNodes.length]);

function read(given) {
  const text = given.startsWith(BOM) ? given.slice(1) : given;
  const all = [...nodes(parse(text, { sourceCodeLocationInfo: true, scriptingEnabled: false }))];
  const elements = all.filter((node) => node.attrs && node.sourceCodeLocation);
  const found = new Map(); // one tag may make several elements
  for (const element of elements) {
    for (const item of [...inAttributes(element, text), ...inContent(element)]) found.set(item[0], item);
  }
  let index = 0;
  let byte = given === text ? 0 : Buffer.byteLength(BOM);
  const byteAt = (place) => {
    byte += Buffer.byteLength(text.slice(index, place).replace(NO_UTF8, "?"));
    index = place;
    return byte;
  };
  const ordered = [...found.values()].sort(([a], [b]) => a - b);
  return {
    texts: ordered.map(([start, end, ...rest]) => [byteAt(start), byteAt(end), ...rest]),
    tree: JSON.stringify(all.map(described)),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(read(JSON.parse(line)))}\n`);
}
