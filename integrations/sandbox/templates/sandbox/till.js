"use strict";
const location_ = Number(document.body.dataset.location);
const form = document.getElementById("faults");
const find = (id) => document.getElementById(id);
let version = document.body.dataset.version;

/* Cards: replace those whose HTML is not what we have, keep the rest as they are. */
const shown = new Map();

function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

function focusedButton(card) {
  const button = document.activeElement;
  return card.contains(button) ? JSON.stringify(button.dataset) : null;
}

function swap(old, card) {
  const focused = focusedButton(old);
  old.replaceWith(card);
  if (focused === null) return;
  const same = [...card.querySelectorAll("button")].find((button) => JSON.stringify(button.dataset) === focused);
  if (same) same.focus();
}

function update(section, cards) {
  const container = find(section);
  const present = new Map([...container.children].map((card) => [card.dataset.key, card]));
  let before = null;
  for (const { key, html } of cards) {
    let card = present.get(key);
    present.delete(key);
    if (!card || shown.get(section + key) !== html) {
      const fresh = element(html);
      if (card) swap(card, fresh);
      else fresh.classList.add("new");
      card = fresh;
      shown.set(section + key, html);
    }
    const place = before ? before.nextSibling : container.firstChild;
    if (card !== place) container.insertBefore(card, place);
    before = card;
  }
  for (const [key, card] of present) {
    card.remove();
    shown.delete(section + key);
  }
  if (!container.firstElementChild) container.textContent = "";
}

function tellTimes() {
  for (const time of document.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const minutes = Math.floor((Date.now() - moment) / 60000);
    const clock = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const text = "clock" in time.dataset || minutes > 59 ? clock : minutes < 1 ? "just now" : minutes + " min ago";
    if (time.textContent !== text) time.textContent = text;
  }
}

function filterItems() {
  const wanted = find("search").value.trim().toLowerCase();
  for (const item of find("items").children) item.hidden = !item.dataset.search.includes(wanted);
}

function showFaults(faults, ready) {
  for (const control of form.elements) {
    if (!control.name) continue;
    const value = faults[control.name];
    control.closest("label").classList.toggle("on", Boolean(value));
    /* Somebody may be typing there. */
    if (control === document.activeElement) continue;
    if (control.type === "checkbox") control.checked = value;
    else control.value = value === null || (value === 0 && control.type === "number") ? "" : String(value);
  }
  form.querySelector("[data-readiness]").checked = ready;
}

async function look() {
  try {
    const answer = await fetch("/till/data?location=" + location_ + "&since=" + version);
    const data = await answer.json();
    if (data.changed) {
      for (const [section, cards] of Object.entries(data.sections)) update(section, cards);
      find("checks-title").querySelector(".count").textContent = data.sections.checks.length;
      showFaults(data.faults, data.ready);
      filterItems();
    }
    version = data.version;
    find("live").textContent = "live";
    find("live").classList.remove("lost");
  } catch {
    find("live").textContent = "no answer from the sandbox";
    find("live").classList.add("lost");
  }
  tellTimes();
  setTimeout(look, 500);
}

/* What staff do goes through the control API. */
let hush;
function complain(words) {
  const trouble = find("trouble");
  trouble.textContent = words;
  trouble.hidden = false;
  clearTimeout(hush);
  hush = setTimeout(() => { trouble.hidden = true; }, 6000);
}

async function send(method, path, body) {
  try {
    const answer = await fetch("/sandbox/" + path, {
      method, headers: { "Content-Type": "application/json" }, body: body ? JSON.stringify(body) : undefined,
    });
    if (!answer.ok) complain((await answer.json()).message);
  } catch {
    complain("The sandbox does not answer. Is it still running?");
  }
}

function ask(name, prefill) {
  const dialog = find("dialog-" + name);
  const questions = dialog.querySelector("form");
  questions.reset();
  for (const [field, value] of Object.entries(prefill || {})) questions.elements[field].value = value;
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "ok" ? Object.fromEntries(new FormData(questions)) : null);
    }, { once: true });
  });
}

const place = { businessLocationId: location_ };
const deeds = {
  async open() {
    const said = await ask("open");
    if (!said) return;
    const items = said.sku ? [{ sku: said.sku, quantity: 1 }] : [];
    const tableNumber = said.tableNumber ? Number(said.tableNumber) : null;
    await send("POST", "checks", { ...place, tableNumber, clientCount: Number(said.clientCount), items });
  },
  async add({ check }) {
    const said = await ask("add");
    if (said) await send("POST", "checks/" + check + "/lines", { sku: said.sku, quantity: said.quantity });
  },
  async pay({ check, due }) {
    const said = await ask("pay", { amount: Math.max(Number(due), 0).toFixed(2) });
    if (said) await send("POST", "checks/" + check + "/payments", said);
  },
  async move({ check }) {
    const said = await ask("move");
    if (said) await send("POST", "checks/" + check + "/move", { tableNumber: Number(said.tableNumber) });
  },
  void: ({ check, line }) => send("POST", "checks/" + check + "/lines/" + line + "/void"),
  act: ({ check, action }) => send("POST", "checks/" + check + "/" + action),
  async restrict({ sku, name }) {
    find("dialog-restrict").querySelector("[data-name]").textContent = name;
    const said = await ask("restrict");
    if (!said) return;
    const count = said.count === "" ? null : Number(said.count);
    await send("POST", "items/" + encodeURIComponent(sku) + "/restrict", { ...place, count });
  },
  release: ({ sku }) => send("POST", "items/" + encodeURIComponent(sku) + "/release", place),
  tokens: ({ what }) => send("POST", "tokens/" + what),
  calm: () => send("DELETE", "faults"),
  reset: () => send("POST", "reset"),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  deeds[button.dataset.do](button.dataset);
});

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  const control = event.target;
  if ("readiness" in control.dataset) {
    send("POST", "readiness", { ...place, status: control.checked ? "READY" : "NOT_READY" });
    return;
  }
  const number = control.type === "number" || "number" in control.dataset;
  let value = control.type === "checkbox" ? control.checked : number ? Number(control.value) : control.value.trim();
  if (control.value === "" && "orNull" in control.dataset) value = null;
  send("PUT", "faults", { [control.name]: value });
});

find("search").addEventListener("input", filterItems);
for (const container of document.querySelectorAll("[data-section]")) {
  for (const card of container.children) card.dataset.key && shown.set(container.id + card.dataset.key, null);
}
showFaults(JSON.parse(find("faults-now").textContent), form.querySelector("[data-readiness]").checked);
look();
