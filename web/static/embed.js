// The player in a frame of somebody else's page: the element alone, dressed as the address says.
//
// Such a frame may have no origin (`sandbox="allow-scripts"`, as WordPress makes it). Then there is
// no storage, and no link opens a window.

import "../player.js";

const SAID = ["station", "piece", "theme", "mount", "autoplay", "ground", "ink", "melody", "bass", "drums"];

const query = new URLSearchParams(location.search);
const element = document.createElement("latent-fm");
element.setAttribute("show", query.get("show") ?? (query.has("piece") ? "cover roll" : "roll"));
for (const name of SAID) if (query.has(name)) element.setAttribute(name, query.get(name));
element.addEventListener("change", () => {
  document.documentElement.dataset.state = element.state;
  window.latentfm = element.player;
});
document.querySelector("main").append(element);

// WordPress opens our links for us, if we ask with the secret that it gave to this frame.
const secret = new URLSearchParams(location.hash.slice(2)).get("secret");
element.addEventListener("click", (event) => {
  const link = event.composedPath().find(({ href }) => href);
  if (!secret || !link) return;
  event.preventDefault();
  parent.postMessage({ message: "link", value: link.href, secret }, "*");
});
