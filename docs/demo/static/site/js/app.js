import { greeting } from "./greeting.js";
import { mark } from "./ring/a.js";

const note = "import './not-a-reference.js' in a string stays as it is";

document.querySelector("#greeting").textContent = greeting("world") + mark;
document.querySelector("#later").addEventListener("click", async () => {
  const { facts } = await import("./facts.js");
  document.querySelector("#facts").append(
    ...facts.map((fact) => Object.assign(document.createElement("li"), { textContent: fact, title: note })),
  );
});
//# sourceMappingURL=app.js.map
