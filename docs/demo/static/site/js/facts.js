export const facts = [
  "This module was loaded by import() under its fingerprinted URL.",
  "Its bytes came compressed, and your browser may keep them for a year.",
];
