"use strict";
const location_ = Number(document.body.dataset.location);
const forms = [...document.querySelectorAll("form[data-path]")];
const find = (id) => document.getElementById(id);
let version = document.body.dataset.version;

/* Replace the cards whose HTML has changed and keep the others. */
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

function showTimes() {
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

function showSwitches(switches, ready) {
  for (const form of forms) {
    for (const control of form.elements) {
      if (!control.name) continue;
      const value = switches[form.dataset.path][control.name];
      const label = control.closest("label");
      if (form.id === "faults") label.classList.toggle("on", Boolean(value) && value !== "spring");
      /* Do not overwrite a field that is being edited. */
      if (control === document.activeElement) continue;
      if (control.type === "checkbox") control.checked = value;
      else control.value = value === null || (value === 0 && control.type === "number") ? "" : String(value);
    }
  }
  document.querySelector("[data-readiness]").checked = ready;
}

async function poll() {
  try {
    const answer = await fetch("/till/data?location=" + location_ + "&since=" + version);
    const data = await answer.json();
    if (data.changed) {
      for (const [section, cards] of Object.entries(data.sections)) update(section, cards);
      find("checks-title").querySelector(".count").textContent = data.sections.checks.length;
      showSwitches(data.switches, data.ready);
      filterItems();
    }
    version = data.version;
    find("live").textContent = "live";
    find("live").classList.remove("lost");
  } catch {
    find("live").textContent = "not connected";
    find("live").classList.add("lost");
  }
  showTimes();
  setTimeout(poll, 500);
}

/* Actions call the control API. */
let hideTimer;
function showError(text) {
  const error = find("error");
  error.textContent = text;
  error.hidden = false;
  clearTimeout(hideTimer);
  hideTimer = setTimeout(() => { error.hidden = true; }, 6000);
}

async function send(method, path, body) {
  try {
    const answer = await fetch("/sandbox/" + path, {
      method, headers: { "Content-Type": "application/json" }, body: body ? JSON.stringify(body) : undefined,
    });
    if (!answer.ok) showError((await answer.json()).message);
  } catch {
    showError("The sandbox is not responding. Check that it is running.");
  }
}

function cardOf(check) {
  return [...find("checks").children].find((card) => card.dataset.key === check);
}

function quantityField(line) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const quantity = parseFloat(line.querySelector(".quantity").textContent);
  Object.assign(input, { type: "number", min: "0.01", max: quantity, step: "any", placeholder: "0 of " + quantity });
  input.name = line.querySelector("[data-line]").dataset.line;
  label.className = "field";
  label.append(line.querySelector(".what").firstChild.textContent.trim() + " ", input);
  return label;
}

function ask(name, prefill, title) {
  const dialog = find("dialog-" + name);
  if (title) dialog.querySelector("[data-title]").textContent = title;
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
const actions = {
  async open() {
    const input = await ask("open");
    if (!input) return;
    const items = input.sku ? [{ sku: input.sku, quantity: 1 }] : [];
    const tableNumber = input.tableNumber ? Number(input.tableNumber) : null;
    await send("POST", "checks", { ...place, tableNumber, clientCount: Number(input.clientCount), items });
  },
  async add({ check }) {
    const input = await ask("add");
    if (input) await send("POST", "checks/" + check + "/lines", { sku: input.sku, quantity: input.quantity });
  },
  async pay({ check, due }) {
    const input = await ask("pay", { amount: Number(due) > 0 ? due : 0 });
    if (input) await send("POST", "checks/" + check + "/payments", input);
  },
  async move({ check }) {
    const input = await ask("move");
    if (input) await send("POST", "checks/" + check + "/move", { tableNumber: Number(input.tableNumber) });
  },
  async discountLine({ check, line }) {
    const input = await ask("off", {}, "Discount on the line");
    if (input) await send("POST", "checks/" + check + "/lines/" + line + "/discount", input);
  },
  async discount({ check }) {
    const input = await ask("off", {}, "Discount on the check");
    if (input) await send("POST", "checks/" + check + "/discount", input);
  },
  async service({ check }) {
    const input = await ask("off", {}, "Service charge");
    if (input) await send("POST", "checks/" + check + "/service-charge", input);
  },
  async split({ check }) {
    const lines = [...cardOf(check).querySelectorAll(".lines > li:not(.void):not(.none)")];
    find("dialog-split").querySelector("[data-lines]").replaceChildren(...lines.map(quantityField));
    const input = await ask("split");
    if (!input) return;
    const chosen = Object.entries(input).filter(([, quantity]) => quantity !== "");
    await send("POST", "checks/" + check + "/split", {
      lines: chosen.map(([line, quantity]) => ({ line: Number(line), quantity })),
    });
  },
  async merge({ check }) {
    const others = [...find("checks").children].filter((card) => card.dataset.key !== check);
    find("dialog-merge").querySelector("select").replaceChildren(...others.map((card) => {
      const name = card.querySelector("h3").textContent + " · " + card.dataset.key;
      return new Option(name, card.dataset.key);
    }));
    const input = await ask("merge");
    if (input) await send("POST", "checks/" + check + "/merge", input);
  },
  expireTasks: () => send("POST", "tasks/expire"),
  void: ({ check, line }) => send("POST", "checks/" + check + "/lines/" + line + "/void"),
  act: ({ check, action }) => send("POST", "checks/" + check + "/" + action),
  async restrict({ sku, name }) {
    find("dialog-restrict").querySelector("[data-name]").textContent = name;
    const input = await ask("restrict");
    if (!input) return;
    const count = input.count === "" ? null : Number(input.count);
    await send("POST", "items/" + encodeURIComponent(sku) + "/restrict", { ...place, count });
  },
  release: ({ sku }) => send("POST", "items/" + encodeURIComponent(sku) + "/release", place),
  tokens: ({ what }) => send("POST", "tokens/" + what),
  clear: () => send("DELETE", "faults"),
  beReal: () => send("DELETE", "habits"),
  rename: ({ check }) => send("POST", "checks/" + check + "/rename"),
  reset: () => send("POST", "reset"),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  actions[button.dataset.do](button.dataset);
});

for (const form of forms) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    const control = event.target;
    if ("readiness" in control.dataset) {
      send("POST", "readiness", { ...place, status: control.checked ? "READY" : "NOT_READY" });
      return;
    }
    if ("currency" in control.dataset) {
      send("POST", "currency", { ...place, code: control.value });
      return;
    }
    const number = control.type === "number" || "number" in control.dataset;
    let value = control.type === "checkbox" ? control.checked : number ? Number(control.value) : control.value.trim();
    if (control.value === "" && "orNull" in control.dataset) value = null;
    send("PUT", form.dataset.path, { [control.name]: value });
  });
}

find("search").addEventListener("input", filterItems);
for (const container of document.querySelectorAll("[data-section]")) {
  for (const card of container.children) card.dataset.key && shown.set(container.id + card.dataset.key, null);
}
const ready = document.querySelector("[data-readiness]").checked;
showSwitches(JSON.parse(find("switches-now").textContent), ready);
poll();
