// Send a link on: by what the device shares with, else by the clipboard.

import { say } from "./dom.js";

const TOLD_MS = 4_000;

/** `button` shares what `link()` says, `{title, url}`; `status` tells what became of it. */
export function bindShare(button, status, link) {
  let telling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { title, url } = link();
    const told = await shared(title, url);
    clearTimeout(telling);
    say(status, told);
    if (told !== url) telling = setTimeout(() => say(status, ""), TOLD_MS);
  });
}

async function shared(title, url) {
  try {
    if (navigator.share) {
      await navigator.share({ title, url });
      return "";
    }
    await navigator.clipboard.writeText(url);
    return "Link copied";
  } catch (error) {
    // Without HTTPS browsers keep the clipboard to themselves: then it can be copied by hand.
    return error.name === "AbortError" ? "" : url;
  }
}
