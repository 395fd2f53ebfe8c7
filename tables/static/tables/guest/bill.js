// Show the bills of a table.

import { byId, el, isZero, money, number, setup, text, time } from "./dom.js";

/** Return how a guest tells this bill from the others at the table. */
export function nameOf(bill, position, bills) {
  return bill.name || (bills.length > 1 ? text("bill_number", { number: position + 1 }) : text("bill"));
}

/**
 * Show the bills.
 * @param pay called with a bill when its guest wants to pay
 */
export function showBills(bills, pay) {
  const focused = document.activeElement?.dataset?.pays;
  const cards = bills.map((bill, position) => card(bill, nameOf(bill, position, bills), pay, bills.length > 1));
  const empty = el("p", { class: "card lead" }, text("nothing_yet"));
  byId("bills").replaceChildren(...(cards.length ? cards : [empty]));
  if (focused) document.querySelector(`[data-pays="${focused}"]`)?.focus({ preventScroll: true });
}

/** Tell the guest that this page shows nothing any more. */
export function showNoBills(sentence) {
  byId("bills").replaceChildren(el("p", { class: "card lead" }, sentence));
}

function card(bill, name, pay, isOneOfSeveral) {
  const heading = el("h2", { id: `bill-${bill.id}`, tabindex: "-1" }, name);
  const about = [
    bill.covers && text("guests", { count: bill.covers }),
    bill.opened_at && text("since", { time: time(bill.opened_at) }),
  ].filter(Boolean);
  return el(
    "article",
    { class: "card bill", "aria-labelledby": heading.id },
    heading,
    about.length > 0 && el("p", { class: "about" }, about.join(" · ")),
    bill.lines.length ? lines(bill.lines) : el("p", {}, text("nothing_ordered")),
    totals(bill.totals),
    bill.payments.length > 0 && el("ul", { class: "payments" }, bill.payments.map(payment)),
    action(bill, isOneOfSeveral ? text("pay_bill", { bill: name }) : text("pay"), pay),
  );
}

function lines(rows) {
  return el("ul", { class: "lines" }, rows.map(line));
}

function line(row) {
  const below = [
    ...row.modifiers.map((modifier) => el("li", {}, modifier.name)),
    ...row.sub_lines.flatMap(subLine),
  ];
  return el(
    "li",
    { class: "line" },
    el("span", { class: "quantity" }, row.quantity === "1" ? "" : text("times", { quantity: number(row.quantity) })),
    el("span", { class: "name" }, row.name),
    el("span", { class: "price" }, money(row.total)),
    below.length > 0 && el("ul", { class: "below" }, below),
  );
}

/** The price of a line has its sub-lines in it, so theirs stand in brackets. */
function subLine(row) {
  const count = row.quantity === "1" ? "" : `${text("times", { quantity: number(row.quantity) })} `;
  const price = isZero(row.total) ? "" : ` (${money(row.total)})`;
  return [
    el("li", {}, `${count}${row.name}${price}`),
    ...row.modifiers.map((modifier) => el("li", { class: "deeper" }, modifier.name)),
    ...row.sub_lines.flatMap(subLine),
  ];
}

function totals(amounts) {
  const row = (key, { minus = false, kind = "" } = {}) =>
    el(
      "div",
      { class: kind },
      el("dt", {}, text(key)),
      el("dd", {}, minus ? `−${money(amounts[key])}` : money(amounts[key])),
    );
  const some = (key, options) => !isZero(amounts[key]) && row(key, options);
  const adjusted = !isZero(amounts.discount) || !isZero(amounts.service_charge);
  return el(
    "dl",
    { class: "totals" },
    adjusted && row("items"),
    some("discount", { minus: true }),
    some("service_charge"),
    row("total"),
    some("paid", { minus: true }),
    some("pending", { minus: true }),
    row("due", { kind: "due" }),
  );
}

function payment(row) {
  const when = row.at && time(row.at);
  const key = row.source === "storekit" ? "paid_by_phone" : when ? "paid_at_till" : "paid_with_staff";
  return el("li", {}, el("span", {}, text(key, { time: when })), el("span", { class: "price" }, money(row.amount)));
}

function action(bill, label, pay) {
  if (bill.status !== "open" || isZero(bill.totals.due)) {
    if (bill.status === "open" && !isZero(bill.totals.pending)) return el("p", {}, text("others_pay_the_rest"));
    return isZero(bill.totals.total) ? null : el("p", { class: "done" }, text("all_paid"));
  }
  if (!setup.payable) return el("p", {}, text("pay_staff"));
  return el(
    "div",
    { class: "bar" },
    el(
      "button",
      { type: "button", "data-pays": bill.id, onclick: () => pay(bill) },
      el("span", {}, label),
      el("span", { class: "price" }, money(bill.totals.due)),
    ),
  );
}
