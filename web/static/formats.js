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
  const wish = asked ?? kept("format");
  player.choose(wish);
  const show = () => {
    const [best] = player.formats;
    if (!best || select.options.length) return;
    const options = player.formats.map((format) => new Option(hinted(format), format));
    select.replaceChildren(new Option(`Best for this browser (${nameOf(best)})`, ""), ...options);
    select.value = player.formats.includes(wish) ? wish : "";
  };
  select.addEventListener("change", () => {
    const format = select.value || null;
    keep("format", format);
    player.choose(format);
  });
  player.addEventListener("change", show); // once it knows what there is
  show();
}
