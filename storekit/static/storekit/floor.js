/* Keeps the live floor up to date. Asks for the tiles every three seconds, and has the till read every ten; neither
   while the page is hidden, and less and less often while storekit does not answer. The tiles are replaced only when
   they differ, and the one that had the focus gets it back. */
const floor = document.getElementById("floor");
const tiles = document.getElementById("floor-tiles");
const INTERVAL = 3000;
const READ_INTERVAL = 10000;
const MAX_INTERVAL = 30000;
let wait = INTERVAL;
let etag = "";
let readAt = 0;

function write(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function show(html) {
  const focused = document.activeElement?.dataset.key;
  tiles.innerHTML = html;
  if (focused) tiles.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  write("floor-status", tiles.firstElementChild.dataset.status);
}

function readTill() {
  if (Date.now() - readAt < READ_INTERVAL) return;
  readAt = Date.now();
  const token = floor.querySelector("[name=csrfmiddlewaretoken]").value;
  // Its answer says nothing: the tiles do.
  fetch(floor.dataset.read, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "error" }).catch(() => {});
}

async function poll() {
  let response;
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    response = await fetch(floor.dataset.tiles, { headers, redirect: "error", cache: "no-store" });
    if (response.status === 200) {
      show(await response.text());
      etag = response.headers.get("ETag") ?? "";
    }
  } catch {
    response = undefined;
  }
  if (response && [401, 403, 404].includes(response.status)) {
    write("floor-hint", "This page can no longer be updated. Reload it.");
    return;
  }
  const answered = response && (response.ok || response.status === 304);
  wait = answered ? INTERVAL : Math.min(wait * 2, MAX_INTERVAL);
  write("floor-hint", answered ? "" : "storekit is not responding. If you have been logged out, reload the page.");
  if (answered) readTill();
  setTimeout(next, wait);
}

function next() {
  if (document.hidden) document.addEventListener("visibilitychange", next, { once: true });
  else poll();
}

readTill();
setTimeout(next, 1000);
