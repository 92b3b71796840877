// A button that copies what stands in an element.

import { make } from "./dom.js";

const COPIED_MS = 1_500;

/** `label` says what is copied, to those who hear the button instead of seeing where it stands. */
export function copyButton(source, label) {
  const button = make("button", { type: "button", textContent: "Copy", ariaLabel: label });
  button.addEventListener("click", async () => {
    button.textContent = (await copy(source)) ? "Copied" : "Selected";
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  });
  return button;
}

/** Without HTTPS browsers refuse, and selecting the text is the next best. */
async function copy(element) {
  getSelection().selectAllChildren(element);
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    return false;
  }
}
