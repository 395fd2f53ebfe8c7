/* Follows the sync on its page until it has ended: asks once a second, not while the page is out of sight, and less
   and less often when no answer comes. Texts are touched only when they change, so that they are read out once. */
const sync = document.getElementById("sync");
const EVERY = 1000;
const SELDOM = 15000;
let wait = EVERY;

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

function say(hint) {
  write(sync.querySelector("[data-slot=hint]"), hint);
}

async function look() {
  let answer;
  try {
    answer = await fetch(sync.dataset.follow, { headers: { Accept: "application/json" }, redirect: "error" });
    if (answer.ok) {
      show(await answer.json());
      wait = EVERY;
    }
  } catch {
    answer = undefined;
  }
  if (answer && [401, 403, 404].includes(answer.status)) {
    say("This page can no longer be followed. Load it again.");
    return;
  }
  if (!answer?.ok) {
    wait = Math.min(wait * 2, SELDOM);
    say("storekit did not answer just now. Asking again; if you were logged out meanwhile, load the page again.");
  }
  if (sync.dataset.active === "yes") setTimeout(next, wait);
}

function next() {
  if (document.hidden) document.addEventListener("visibilitychange", next, { once: true });
  else look();
}

if (sync.dataset.active === "yes") setTimeout(next, EVERY);
