// Which of its formats this page plays: the best for the browser, unless somebody chose.

import { keep, kept } from "./kept.js";

const NAMES = {
  mp3: "MP3",
  opus: "Opus",
  "opus-tagged": "Opus, titled",
  aac: "AAC",
  flac: "FLAC",
  hls: "HLS",
};
const HINTS = { flac: "lossless", hls: "for weak networks, and later" };

/** `mp3-64` as people say it, with its bitrate where there are several. */
export function nameOf(format) {
  const [stem, kbps] = format.split(/-(?=\d)/);
  return [NAMES[stem] ?? stem, kbps].filter(Boolean).join(" ");
}

const hinted = (format) => [nameOf(format), HINTS[format]].filter(Boolean).join(": ");

/** Let `select` choose what `player` plays; it is remembered, unless the page's address says. */
export function bindFormats(select, player, asked) {
  let wish = asked ?? kept("format");
  player.choose(wish);
  const show = () => {
    const { format, formats } = player;
    if (!formats.length) return;
    if (!select.options.length) {
      const best = new Option(`Best for this browser (${nameOf(formats[0])})`, "");
      // Somebody may wish for what browsers are not expected to play.
      const each = [...new Set([...formats, format])].map((name) => new Option(hinted(name), name));
      select.replaceChildren(best, ...each);
    }
    select.value = format === wish ? wish : "";
  };
  select.addEventListener("change", () => {
    wish = select.value || null;
    keep("format", wish);
    player.choose(wish);
  });
  player.addEventListener("change", show); // also once it knows what there is
  show();
}
