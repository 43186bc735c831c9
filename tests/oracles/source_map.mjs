// Where Mozilla's source-map package finds places of a generated file. A line of JSON with the JSON of
// {map, places: [[line, column], …]} in, a line with [source, line, column, name] for each place out; lines from 1.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { SourceMapConsumer } = createRequire(`${process.cwd()}/`)("source-map");

for await (const line of createInterface({ input: process.stdin })) {
  const { map, places } = JSON.parse(JSON.parse(line));
  const found = await SourceMapConsumer.with(map, null, (consumer) =>
    places.map(([line, column]) => {
      const original = consumer.originalPositionFor({ line, column });
      return [original.source, original.line, original.column, original.name];
    }),
  );
  console.log(JSON.stringify(found));
}
