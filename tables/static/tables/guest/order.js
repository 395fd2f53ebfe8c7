// Order at the table: the menu, what the guest has chosen, and sending it once however often the guest taps.

import { nameOf } from "./bill.js";
import { choose } from "./choices.js";
import { byId, codeOf, el, isZero, money, notice, post, setup, show, text } from "./dom.js";
import { Follower } from "./follow.js";

const MOST = 20;
const BEING_OPENED = 2000;
const STORED = `storekit-order-${setup.token}`;
let menu = null;
let basket = [];
let bills = [];
let sending = false;
let back = () => {};

/** Open the menu. `leave` leads back to the bills. */
export async function openMenu(table, leave) {
  back = leave;
  bills = table?.bills ?? [];
  show("order");
  byId("order-error").textContent = "";
  drawBills();
  drawBasket();
  try {
    const type = "type=dine_in";
    const response = await fetch(`/api/v1/venues/${setup.venue}/menu?${type}&lang=${setup.language}`, { credentials: "omit" });
    if (!response.ok) throw new Error(String(response.status));
    menu = await response.json();
    drawMenu();
  } catch {
    byId("menu").replaceChildren(el("p", {}, text("menu_failed")));
  }
}

function drawBills() {
  byId("order-bill-choice").hidden = bills.length < 2;
  byId("order-bill").replaceChildren(...bills.map((bill, at) => el("option", { value: bill.id }, nameOf(bill, at, bills))));
}

function drawMenu() {
  const products = Object.fromEntries(menu.products.map((product) => [product.id, product]));
  const categories = menu.categories.filter((category) => category.products.length);
  const opened = new Set([...byId("menu").querySelectorAll("details[open]")].map((one) => one.dataset.category));
  byId("menu").replaceChildren(
    ...categories.map((category) =>
      el(
        "details",
        { "data-category": category.id, open: opened.has(category.id) || categories.length === 1 },
        el("summary", {}, category.name),
        el("ul", { class: "lines" }, category.products.map((id) => productRow(products[id]))),
      ),
    ),
  );
}

function productRow(product) {
  const facts = [
    product.description,
    product.allergens.length > 0 && text("contains", { allergens: product.allergens.map(({ name }) => name).join(", ") }),
    product.contains_alcohol && text("alcohol"),
    // Venues write them in the description, where the number was read from.
    product.calories && !/kcal/i.test(product.description) && text("calories", { count: product.calories }),
  ].filter(Boolean);
  const button = { type: "button", class: "second", "aria-label": text("add_product", { name: product.name }) };
  return el(
    "li",
    { class: "product" },
    el(
      "div",
      {},
      el("span", { class: "name" }, product.name),
      el("span", { class: "price" }, money(product.price)),
      facts.map((fact) => el("p", { class: "about" }, fact)),
    ),
    product.available
      ? el("button", { ...button, onclick: () => take(product) }, text("add"))
      : el("span", { class: "about" }, text("sold_out")),
  );
}

function take(product) {
  if (!product.modifier_groups.length) return add(product, [], []);
  const groups = Object.fromEntries(menu.modifier_groups.map((group) => [group.id, group]));
  choose(product, groups, (modifiers, names) => add(product, modifiers, names));
}

function add(product, modifiers, names) {
  const same = basket.find((one) => one.product.id === product.id && JSON.stringify(one.modifiers) === JSON.stringify(modifiers));
  if (same) same.quantity = Math.min(same.quantity + 1, MOST);
  else basket.push({ product, modifiers, names, quantity: 1 });
  drawBasket();
}

/** Return the sum of the basket in the smallest unit's own digits. The till's bill is what counts. */
function total() {
  const digits = (basket[0].product.price.split(".")[1] ?? "").length;
  const units = (amount) => BigInt(amount.replace(".", ""));
  const each = ({ product, names }) => names.reduce((sum, { price }) => sum + units(price), units(product.price));
  const sum = basket.reduce((all, one) => all + each(one) * BigInt(one.quantity), 0n).toString().padStart(digits + 1, "0");
  return digits ? `${sum.slice(0, -digits)}.${sum.slice(-digits)}` : sum;
}

function drawBasket() {
  byId("basket").replaceChildren(...basket.map(basketRow));
  const isEmpty = basket.length === 0;
  const send = byId("order-send");
  send.setAttribute("aria-disabled", String(isEmpty || sending));
  if (!isEmpty) send.textContent = text("send_order", { amount: money(total()) });
}

function basketRow(one) {
  const remove = () => {
    basket = basket.filter((other) => other !== one);
    drawBasket();
    byId("order-send").focus();
  };
  const names = one.names.map(({ name, price }) => el("li", {}, isZero(price) ? name : `${name} (${money(price)})`));
  const label = { type: "button", class: "second", "aria-label": text("remove", { name: one.product.name }), onclick: remove };
  return el(
    "li",
    { class: "product" },
    el("div", {}, el("span", { class: "name" }, `${one.quantity} × ${one.product.name}`), names.length > 0 && el("ul", { class: "below" }, names)),
    el("button", label, "✕"),
  );
}

async function send() {
  if (sending) return;
  if (!basket.length) return wrong(text("order_empty"));
  sending = true;
  drawBasket();
  const body = {
    items: basket.map(({ product, modifiers, quantity }) => ({ product: product.id, quantity, modifiers })),
    note: byId("order-note").value.trim(),
    bill: bills.length > 1 ? byId("order-bill").value : "",
  };
  // Kept until there is an answer, so that a page that is reloaded goes on with the same order.
  const key = crypto.randomUUID();
  sessionStorage.setItem(STORED, JSON.stringify({ key, body }));
  await trySending(body, key, 0);
}

/** Go on with an order that was being sent when the page was reloaded. */
export function resumeOrder(leave) {
  let stored = null;
  try {
    stored = JSON.parse(sessionStorage.getItem(STORED));
  } catch {
    // As if there were none.
  }
  if (!stored) return;
  back = leave;
  sending = true;
  trySending(stored.body, stored.key, 0);
}

async function trySending(body, key, failures) {
  let response;
  try {
    response = await post("/orders", body, { "Idempotency-Key": key });
  } catch {
    response = null;
  }
  const isOver = response && response.status < 500 && !["bill_being_opened", "conflict"].includes(codeOf(response));
  if (!isOver) {
    if (!response) wrong(text("offline_new"));
    return setTimeout(() => trySending(body, key, failures + 1), BEING_OPENED * Math.min(failures + 1, 5));
  }
  sending = false;
  sessionStorage.removeItem(STORED);
  if (!response.ok) {
    drawBasket();
    return wrong(reasonOf(response));
  }
  basket = [];
  byId("order-note").value = "";
  // After a reload the guest may be paying: that page stays.
  if (!byId("order").hidden) back();
  notice(text("order_sending"));
  follow(response.data.id);
}

function reasonOf(response) {
  const { code, attr } = response.data?.errors?.[0] ?? {};
  const item = basket[Number(/^items\.(\d+)/.exec(attr ?? "")?.[1])];
  if (item && code === "unavailable") return text("order_unavailable", { name: item.product.name });
  if (item) return text("order_choices", { name: item.product.name });
  if (response.status === 429) return text("too_many");
  return text(code === "choose_bill" ? "choose_bill" : "order_refused");
}

function follow(id) {
  const follower = new Follower(`/orders/${id}`, {
    changed: ({ state }) => {
      if (state === "sent") return;
      follower.stop();
      notice(text(state === "failed" ? "order_failed" : "order_done"), { warning: state === "failed" });
    },
    trouble: () => {},
  });
  follower.start();
}

function wrong(message) {
  byId("order-error").textContent = message;
  // After a reload the form is not there to say it.
  if (message && byId("order").hidden) notice(message, { warning: true });
}

byId("order-send").addEventListener("click", send);
byId("order-back").addEventListener("click", () => back());
