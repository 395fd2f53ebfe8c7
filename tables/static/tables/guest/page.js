// The guest's page: follows the table's bills, and leads from a bill to paying it and back.

import { showBills, showNoBills } from "./bill.js";
import { byId, money, notice, setup, show, text, time } from "./dom.js";
import { Follower } from "./follow.js";

const paying = setup.payable ? await import("./pay.js") : null;
const payment = setup.payable ? await import("./payment.js") : null;

let table = setup.table;
let readAt = new Date();
let dueBefore = {};
let wrong = "";

const follower = new Follower("", { changed, trouble });
const ways = {
  refused: (response) => {
    follower.start();
    paying.refused(response);
  },
  back: showTable,
  again: (billId) => {
    const bill = table?.bills.find(({ id }) => id === billId);
    showTable();
    if (bill) pay(bill);
  },
};

function changed(answer) {
  const gone = table?.bills.some((bill) => !answer.bills.some((other) => other.id === bill.id));
  table = answer;
  readAt = new Date();
  draw();
  tellWhatChanged(gone);
  for (const bill of table.bills) paying?.billChanged(bill);
}

function draw() {
  if (table && !byId("bills").hidden) showBills(table.bills, pay);
}

function tellWhatChanged(gone) {
  const before = dueBefore;
  dueBefore = Object.fromEntries(table.bills.map((bill) => [bill.id, bill.totals.due]));
  const bill = table.bills.find(({ id, totals }) => id in before && before[id] !== totals.due);
  if (gone) notice(text("bill_gone"));
  else if (bill) notice(text("bill_changed", { amount: money(bill.totals.due) }));
}

function trouble(what) {
  if (what === "gone") {
    show("bills");
    showNoBills(text("ask_the_staff"));
    notice("");
  } else if (what) {
    const key = what === "till" ? "till_silent" : "offline";
    notice(table ? text(key, { time: time(readAt) }) : text(`${key}_new`), { warning: true });
  } else {
    readAt = new Date();
    if (wrong) notice("");
  }
  wrong = what;
}

function pay(bill) {
  notice("");
  paying.openForm(bill, {
    back: showTable,
    pay: (toPay, body) => {
      // One thing to follow at a time: the bill is asked for again when the payment has ended.
      follower.stop();
      payment.start(toPay, body, ways);
    },
  });
}

function showTable() {
  show("bills");
  notice("");
  draw();
  follower.start();
}

if (setup.ordering) {
  const { openMenu, resumeOrder } = await import("./order.js");
  byId("order-open").addEventListener("click", () => openMenu(table, showTable));
  byId("order-open").hidden = false;
  resumeOrder(showTable);
}
draw();
if (table) tellWhatChanged(false);
if (!payment?.resume(ways)) follower.start();
