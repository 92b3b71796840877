// The station of this page, which is one of our own. Addresses are relative to the page, so a path
// prefix in front works too.

import { Api } from "./api.js";

export const query = new URLSearchParams(location.search);
export const station = query.get("station");
export const api = new Api(document.baseURI, station);

export const address = (path) => api.address(path);
export const ours = (path) => api.ours(path);
export const get = (path) => api.get(path);
export const post = (path, body) => api.post(path, body);
