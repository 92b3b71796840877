// The player for somebody else's page.

import { ours, query } from "./api.js";
import { byId, say } from "./dom.js";
import { listen } from "./listening.js";

const { player, broadcast } = listen((airing) => {
  const { now } = broadcast;
  if (!now) return;
  document.title = now.title;
  say(byId("name"), now.title);
  say(byId("title"), airing?.piece.title ?? now.show);
  say(byId("key"), airing?.piece.key ?? "");
});

byId("name").href = ours("/");
if (query.get("autoplay") === "1") player.play(); // a browser that refuses leaves the button
