// The keyboard. A page that takes letters for itself must let people turn that off: WCAG 2.1.4.

import { byId } from "./dom.js";
import { keep, kept } from "./kept.js";

/** Do what a key is for: `keys` by name, like `{" ": () => …}`. */
export function bindKeys(keys) {
  const box = byId("keys");
  box.checked = kept("keys") !== "off";
  box.addEventListener("change", () => keep("keys", box.checked ? null : "off"));
  addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    const act = keys[key.length === 1 ? key.toLowerCase() : key];
    if (!act || !box.checked || ctrlKey || metaKey || altKey) return;
    if (target.closest("input, select, textarea")) return;
    if (key === " " && target.closest("a, button, summary")) return; // it has a use of its own
    event.preventDefault();
    if (!event.repeat || key.startsWith("Arrow")) act();
  });
}
