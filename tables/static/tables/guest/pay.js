// The form in which a guest says what to pay, with which tip and by what. All amounts come from the server.

import { byId, codeOf, el, isZero, money, number, post, setup, show, text } from "./dom.js";

const MOST_PEOPLE = 30;
const PARTS = ["1/4", "1/3", "1/2"];
const KNOWN_CODES = [
  "not_available", "nothing_due", "more_than_due", "not_payable", "unknown_line", "bill_closed", "payments_off",
  "gift_cards_off", "invalid_tip", "amount_mismatch",
];

const form = byId("pay-form");
const chosen = (name) => form.elements[name]?.value ?? "";
let bill = null;
let quote = null;
let asked = 0;
let timer;
let agreedTo = "";
let finish = {};

/** Open the form for a bill. `ways` has `pay(bill, body)` and `back()`. */
export function openForm(toPay, ways) {
  finish = ways;
  if (bill?.id !== toPay.id) begin(toPay);
  bill = toPay;
  show("pay");
  say("");
  ask();
}

/** The bill has changed on the till, or other guests have paid: what is left is asked for again. */
export function billChanged(changed) {
  if (byId("pay").hidden || bill?.id !== changed.id || bill.version === changed.version) return;
  bill = changed;
  ask();
}

/** Show why a payment was not started, beside what it would cost now. */
export function refused(response) {
  show("pay", { focus: false });
  const code = codeOf(response);
  if (response.status === 429) say(text("too_many"));
  else if (code === "pos_unavailable") say(text("till_silent_new"));
  else if (response.data?.errors?.[0]?.attr === "email") say(text("enter_email"), byId("pay-email"));
  else say(reason(code));
  ask({ keepMessage: true });
}

function reason(code) {
  if (code === "unknown_bill") return text("bill_gone");
  return text(KNOWN_CODES.includes(code) ? code : "not_possible");
}

function begin(toPay) {
  form.reset();
  quote = null;
  const people = Math.min(Math.max(toPay.covers ?? 2, 2), MOST_PEOPLE);
  fill(byId("pay-of"), [...Array(MOST_PEOPLE - 1).keys()].map((n) => n + 2), people);
  fillShares();
  byId("pay-lines").replaceChildren();
  byId("pay-tip-choices").replaceChildren();
  showParts();
}

function fill(select, values, selected) {
  select.replaceChildren(...values.map((value) => el("option", { value, selected: value === selected }, value)));
}

function fillShares() {
  const people = Number(byId("pay-of").value);
  const mine = Math.min(Number(byId("pay-shares").value) || 1, people);
  fill(byId("pay-shares"), [...Array(people).keys()].map((n) => n + 1), mine);
}

function showParts() {
  for (const part of form.querySelectorAll("[data-mode]")) part.hidden = part.dataset.mode !== chosen("mode");
  const method = chosen("method") || "card";
  for (const part of form.querySelectorAll("[data-method]")) part.hidden = part.dataset.method !== method;
  byId("pay-tip-own").hidden = chosen("tip") !== "own";
}

/** Return what the guest typed as the API writes amounts; empty if it is none. Commas and points are both decimal. */
function typed(id) {
  const written = byId(id).value.replace(/[\s'’]/g, "").replace(",", ".");
  return /^\d{1,8}([.]\d{1,3})?$/.test(written) ? written : "";
}

/** Return the split as the API wants it, or null if the guest has not said enough yet. */
function split() {
  const mode = chosen("mode");
  if (mode === "items") {
    const boxes = [...byId("pay-lines").querySelectorAll("input:checked")];
    const lines = boxes.map((box) => ({ line: box.value, quantity: box.closest("li").querySelector("select").value }));
    return lines.length ? { mode, lines } : null;
  }
  if (mode === "shares") return { mode, shares: Number(byId("pay-shares").value), of: Number(byId("pay-of").value) };
  if (mode === "amount") return typed("pay-amount") ? { mode, amount: typed("pay-amount") } : null;
  return { mode: "full" };
}

function ask({ keepMessage = false } = {}) {
  clearTimeout(timer);
  const number = ++asked;
  timer = setTimeout(() => readQuote(number, keepMessage), 150);
}

async function readQuote(number, keepMessage) {
  const wanted = split();
  const tip = chosen("tip") === "own" ? typed("pay-tip") || "0" : "0";
  let response;
  try {
    response = await post(`/bills/${bill.id}/quote`, { split: wanted ?? { mode: "full" }, tip });
  } catch {
    if (number === asked) say(text("offline_new"));
    return;
  }
  if (number !== asked) return;
  if (response.ok) {
    quote = response.data;
    if (!keepMessage) say("");
  } else {
    quote = null;
    say(response.status === 429 ? text("too_many") : reason(codeOf(response)));
  }
  if (quote) drawQuote(Boolean(wanted));
  else drawSums(null);
  const goOn = quote && agreedTo === byId("sum-total").textContent;
  agreedTo = "";
  if (goOn) form.requestSubmit();
}

function drawQuote(isComplete) {
  byId("pay-due").textContent = money(quote.due);
  drawLines();
  drawTips();
  drawSums(isComplete ? quote : null);
  if (!isComplete) quote = null;
}

function drawSums(shown) {
  const offer = shown?.tips.find((one) => one.tip === chosen("tip"));
  const tip = offer ? offer.tip : shown?.tip;
  const total = offer ? offer.total : shown?.total;
  byId("sum-amount").textContent = shown ? money(shown.amount) : "–";
  byId("sum-tip").textContent = shown ? money(tip) : "–";
  byId("sum-total").textContent = shown ? money(total) : "–";
  byId("sum-tip").parentElement.hidden = byId("pay-tips").hidden;
  byId("pay-submit").textContent = shown ? text("pay_amount", { amount: money(total) }) : text("pay");
  byId("pay-submit").setAttribute("aria-disabled", String(!shown));
}

function drawLines() {
  const left = Object.fromEntries(quote.lines.map((line) => [line.line, line]));
  const list = byId("pay-lines");
  const before = Object.fromEntries(
    [...list.children].map((row) => [row.dataset.line, row.querySelector("select")?.value]),
  );
  const ticked = new Set([...list.querySelectorAll("input:checked")].map((box) => box.value));
  const focused = document.activeElement?.id;
  list.replaceChildren(
    ...bill.lines.filter((line) => left[line.id]).map((line) => lineRow(line, left[line.id], before[line.id], ticked)),
  );
  if (focused?.startsWith("line-") || focused?.startsWith("part-")) byId(focused)?.focus({ preventScroll: true });
}

function lineRow(line, left, selected, ticked) {
  if (left.quantity === "0") {
    return el("li", { "data-line": line.id, class: "taken" }, el("span", {}, line.name), el("small", {}, text("taken")));
  }
  const isTicked = ticked.has(line.id);
  const quantities = quantitiesOf(left.quantity);
  const value = quantities.some(([one]) => one === selected) ? selected : left.quantity;
  const box = el("input", { type: "checkbox", id: `line-${line.id}`, value: line.id, checked: isTicked });
  box.checked = isTicked;
  const select = el(
    "select",
    { id: `part-${line.id}`, "aria-label": text("how_much_of", { name: line.name }), hidden: !isTicked },
    quantities.map(([one, name]) => el("option", { value: one, selected: one === value }, name)),
  );
  const label = el(
    "label",
    { class: "choice", for: box.id },
    box,
    el("span", {}, line.name),
    el("span", { class: "price" }, money(left.amount)),
  );
  return el("li", { "data-line": line.id }, label, select);
}

/** Return what a guest can take of a line, as the API writes it and in words: parts of one, whole ones, and all. */
function quantitiesOf(left) {
  const [above, below = "1"] = left.split("/");
  const size = Number(above) / Number(below);
  const parts = PARTS.filter((part) => size - 1 / Number(part[2]) > 0.005);
  const whole = [...Array(Math.max(Math.ceil(size) - 1, 0)).keys()].map((n) => String(n + 1)).slice(0, 50);
  return [
    ...parts.map((part) => [part, text("part_of_one", { part })]),
    ...whole.map((count) => [count, count]),
    [left, text("all_of_it", { quantity: Number.isInteger(size) ? number(size) : left })],
  ];
}

function drawTips() {
  byId("pay-tips").hidden = !quote.asks_for_tip;
  if (!quote.asks_for_tip) return;
  const holder = byId("pay-tip-choices");
  const position = [...holder.querySelectorAll("input")].findIndex((one) => one.checked);
  const focused = [...holder.querySelectorAll("input")].indexOf(document.activeElement);
  const choices = [
    { value: "0", name: text("no_tip") },
    ...quote.tips.map(({ percent, tip }) => ({
      value: tip,
      name: percent ? `${number(percent)} %` : money(tip),
      more: percent ? money(tip) : "",
    })),
    { value: "own", name: text("other_tip") },
  ];
  const tiles = choices.map(({ value, name, more }, at) => {
    const input = el("input", { type: "radio", name: "tip", value });
    input.checked = at === Math.max(position, 0);
    return el("label", { class: "tile" }, input, el("span", {}, name), more && el("small", {}, more));
  });
  holder.replaceChildren(...tiles);
  if (focused >= 0) holder.querySelectorAll("input")[focused]?.focus({ preventScroll: true });
}

/** Show what is wrong, and lead to the field that it is about. An empty text takes it back. */
function say(message, field) {
  byId("pay-error").textContent = message;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

function submit(event) {
  event.preventDefault();
  const wanted = split();
  const method = chosen("method") || "card";
  const email = byId("pay-email");
  const example = money(quote?.due ?? bill.totals.due);
  if (!wanted && chosen("mode") === "items") return say(text("choose_items"));
  if (!wanted) return say(text("enter_amount", { example }), byId("pay-amount"));
  if (chosen("tip") === "own" && !typed("pay-tip")) return say(text("enter_amount", { example }), byId("pay-tip"));
  if (method === "gift_card" && !byId("pay-gift-card").value.trim()) {
    return say(text("enter_gift_card"), byId("pay-gift-card"));
  }
  if (!email.validity.valid) return say(text("enter_email"), email);
  if (!quote) {
    // Tapped before the answer to the last change is here: goes on if it costs what the guest saw.
    agreedTo = byId("sum-total").textContent;
    return ask();
  }
  const offer = quote.tips.find((one) => one.tip === chosen("tip"));
  const card = chosen("card") && method === "card" ? { token: chosen("card") } : {};
  finish.pay(bill, {
    split: wanted,
    amount: quote.amount,
    tip: offer ? offer.tip : quote.tip,
    method,
    card,
    gift_card: method === "gift_card" ? byId("pay-gift-card").value.trim() : "",
    email: email.value.trim(),
  });
}

function changed({ target }) {
  if (target.id === "pay-of") fillShares();
  if (target.type === "checkbox") target.closest("li").querySelector("select").hidden = !target.checked;
  showParts();
  const isAboutAmount = target.name === "mode" || target.name === "tip" || target.closest("[data-mode]");
  if (!isAboutAmount) return;
  // The quote has the totals of all tips on offer.
  if (target.name === "tip" && target.value !== "own" && quote && isZero(quote.tip)) return drawSums(quote);
  quote = null;
  ask();
}

form.addEventListener("submit", submit);
form.addEventListener("change", changed);
form.addEventListener("input", (event) => {
  if (["pay-amount", "pay-tip"].includes(event.target.id)) {
    quote = null;
    ask();
  }
});
byId("pay-back").addEventListener("click", () => finish.back());
