/* Follows a sync on its page until it ends. Polls every second, not while the page is hidden, and less and less often
   while storekit does not answer. Texts are replaced only when they change, so that screen readers read them once. */
const sync = document.getElementById("sync");
const INTERVAL = 1000;
const MAX_INTERVAL = 15000;
let wait = INTERVAL;

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function show(run) {
  Object.assign(sync.dataset, { state: run.state, tone: run.tone, active: run.active ? "yes" : "no" });
  for (const element of sync.querySelectorAll("[data-slot]")) write(element, run[element.dataset.slot]);

  const bar = sync.querySelector("[role=progressbar]");
  if (run.percent === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", run.percent);
  bar.firstElementChild.style.width = `${run.percent ?? 0}%`;

  const list = sync.querySelector("[data-list=warnings]");
  for (const text of run.warnings.slice(list.children.length)) {
    list.appendChild(document.createElement("li")).textContent = text;
  }
  list.parentElement.hidden = !run.warnings.length;
  write(sync.querySelector("[data-more]"), run.more_warnings ? `and ${run.more_warnings} more` : "");

  const plan = sync.querySelector("[data-link=plan]");
  plan.hidden = !run.plan;
  if (run.plan) plan.href = run.plan;
}

function showHint(hint) {
  write(sync.querySelector("[data-slot=hint]"), hint);
}

async function poll() {
  let response;
  try {
    response = await fetch(sync.dataset.follow, { headers: { Accept: "application/json" }, redirect: "error" });
    if (response.ok) {
      show(await response.json());
      wait = INTERVAL;
    }
  } catch {
    response = undefined;
  }
  if (response && [401, 403, 404].includes(response.status)) {
    showHint("This page can no longer be updated. Reload it.");
    return;
  }
  if (!response?.ok) {
    wait = Math.min(wait * 2, MAX_INTERVAL);
    showHint("storekit is not responding. Trying again; if you have been logged out, reload the page.");
  }
  if (sync.dataset.active === "yes") setTimeout(next, wait);
}

function next() {
  if (document.hidden) document.addEventListener("visibilitychange", next, { once: true });
  else poll();
}

if (sync.dataset.active === "yes") setTimeout(next, INTERVAL);
