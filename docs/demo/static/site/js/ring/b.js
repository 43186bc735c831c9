import * as a from "./a.js";

export function sign() {
  return a === undefined ? "?" : "!";
}
