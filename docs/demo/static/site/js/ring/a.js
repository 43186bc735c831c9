// a.js and b.js import each other: a component, fingerprinted together.
import { sign } from "./b.js";

export const count = 1;
export const mark = sign();
