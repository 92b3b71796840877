// Where else the station can be heard: its stream addresses, and the other stations of the house.

import { copyButton } from "./copy.js";
import { address } from "./here.js";
import { byId, make } from "./dom.js";
import { nameOf } from "./formats.js";

/** @param {object[]} stations all of them @param {object} here the one of this page */
export function showPlaces(stations, here) {
  byId("description").textContent = here.description;
  const hls = here.hls ? [place({ format: "hls", url: here.hls })] : [];
  byId("streams").replaceChildren(...here.streams.map(place), ...hls);
  const others = stations.filter((each) => each !== here);
  byId("stations").hidden = !others.length;
  byId("stations").replaceChildren(
    ...others.map(({ name, title }) =>
      make("a", { href: `?station=${encodeURIComponent(name)}`, textContent: title }),
    ),
  );
}

function place({ format, url, bitrate_kbps }) {
  const row = make("li");
  const textContent = nameOf(format);
  const name = make("span", { className: "name", textContent });
  if (bitrate_kbps) name.title = `${bitrate_kbps} kbit/s`;
  const where = make("code", { textContent: address(url) });
  const button = copyButton(where, `Copy the ${textContent} address`);
  row.append(name, where, button);
  return row;
}
