// Where else the station can be heard: its stream addresses, and the other stations of the house.

import { address } from "./api.js";
import { byId, make } from "./dom.js";

const COPIED_MS = 1_500;
const NAMES = {
  mp3: "MP3",
  opus: "Opus",
  "opus-tagged": "Opus, titled",
  aac: "AAC",
  flac: "FLAC",
};

/** @param {object[]} stations all of them @param {object} here the one of this page */
export function showPlaces(stations, here) {
  byId("description").textContent = here.description;
  const hls = here.hls ? [place({ format: "HLS", url: here.hls })] : [];
  byId("streams").replaceChildren(...here.streams.map(place), ...hls);
  const others = stations.filter((each) => each !== here);
  byId("stations").replaceChildren(
    ...others.map(({ name, title }) =>
      make("a", { href: `?station=${encodeURIComponent(name)}`, textContent: title }),
    ),
  );
}

function place({ format, url, bitrate_kbps }) {
  const row = make("li");
  const [stem, kbps] = format.split(/-(?=\d)/); // mp3-64
  const textContent = [NAMES[stem] ?? stem, kbps].filter(Boolean).join(" ");
  const name = make("span", { className: "name", textContent });
  if (bitrate_kbps) name.title = `${bitrate_kbps} kbit/s`;
  const where = make("code", { textContent: address(url) });
  const button = make("button", { type: "button", textContent: "Copy" });
  button.title = `Copy the ${textContent} address`;
  button.addEventListener("click", async () => {
    button.textContent = (await copy(where)) ? "Copied" : "Selected";
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  });
  row.append(name, where, button);
  return row;
}

/** Copy an element's text; without HTTPS browsers refuse, and selecting it is the next best. */
async function copy(element) {
  getSelection().selectAllChildren(element);
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    return false;
  }
}
