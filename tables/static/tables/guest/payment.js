// One payment: started once however often the guest taps or reloads, and followed until it has ended.

import { byId, codeOf, el, isZero, money, post, setup, show, text } from "./dom.js";
import { Follower } from "./follow.js";

const FINAL = ["succeeded", "failed", "refunded"];
const STORED = `storekit-payment-${setup.token}`;
const SECOND = 1000;

let stored = null;
let follower = null;
let shown = "";
let ways = {};

const keep = () => sessionStorage.setItem(STORED, JSON.stringify(stored));

function forget() {
  follower?.stop();
  follower = stored = null;
  shown = "";
  sessionStorage.removeItem(STORED);
}

/** Go on with a payment that this tab has started before it was reloaded; return whether there is one. */
export function resume(waysOut) {
  try {
    stored = JSON.parse(sessionStorage.getItem(STORED));
  } catch {
    stored = null;
  }
  if (!stored) return false;
  open(waysOut);
  return true;
}

/**
 * Start a payment. The key is stored before anything is sent, so that whatever happens it is sent under this key only.
 * @param waysOut `refused(response)`, `back()`, `again(billId)`
 */
export function start(bill, body, waysOut) {
  if (stored) return;
  stored = { key: crypto.randomUUID(), bill: bill.id, body };
  keep();
  open(waysOut);
}

function open(waysOut) {
  ways = waysOut;
  shown = "";
  draw({ stage: "processing", status: "pending" });
  show("payment");
  if (stored.payment) follow();
  else send(0);
}

async function send(failures) {
  let response;
  try {
    response = await post(`/bills/${stored.bill}/payments`, stored.body, { "Idempotency-Key": stored.key });
  } catch {
    return sendAgain(failures);
  }
  if (response.ok) {
    stored.payment = response.data.id;
    // The card's token has done its work.
    delete stored.body;
    keep();
    draw(response.data);
    return follow();
  }
  const isBusy = response.status >= 500 && codeOf(response) !== "pos_unavailable";
  if (isBusy || codeOf(response) === "conflict") return sendAgain(failures);
  forget();
  return ways.refused(response);
}

function sendAgain(failures) {
  byId("payment-more").textContent = text("trying_again");
  setTimeout(() => send(failures + 1), Math.min(2 ** failures, 10) * SECOND);
}

function follow() {
  follower = new Follower(`/payments/${stored.payment}`, {
    changed: draw,
    trouble: (what) => {
      if (what === "gone") {
        forget();
        ways.back();
      } else if (what) {
        byId("payment-more").textContent = text("offline_payment");
      }
    },
  });
  follower.start();
}

function draw(payment) {
  const isFinal = FINAL.includes(payment.status);
  if (isFinal) follower?.stop();
  const now = `${payment.stage} ${payment.error?.code ?? ""}`;
  byId("payment-more").textContent = sentence(payment);
  if (now === shown) return;
  shown = now;
  const title = byId("payment-title");
  title.textContent = text(payment.stage === "paid" ? "payment_paid" : payment.stage);
  byId("payment").dataset.stage = payment.stage;
  byId("payment-form").replaceChildren();
  byId("payment-actions").replaceChildren(...(isFinal ? endings(payment) : confirmation(payment)));
  if (!byId("payment").hidden) title.focus({ preventScroll: true });
}

function sentence(payment) {
  const { stage, amount, tip } = payment;
  if (stage !== "paid") return payment.error?.detail || text(`${stage}_more`);
  const paid = isZero(tip)
    ? text("payment_paid_more", { amount: money(amount) })
    : text("payment_paid_tip", { amount: money(amount), tip: money(tip) });
  return isZero(payment.due_after) ? paid : `${paid} ${text("left_now", { amount: money(payment.due_after) })}`;
}

function endings(payment) {
  const receipt = el("a", { class: "button", href: `payments/${payment.id}/` }, text("receipt"));
  const billId = stored?.bill;
  const leave = (then) => () => {
    forget();
    then();
  };
  const back = el("button", { type: "button", class: "second", onclick: leave(() => ways.back()) }, text("back_to_bill"));
  const again = el("button", { type: "button", onclick: leave(() => ways.again(billId)) }, text("try_again"));
  return payment.status === "succeeded" ? [receipt, back] : [again, back];
}

/** Return what the guest has to do for the provider: enter a card in its form, or go to its page. */
function confirmation({ stage, provider }) {
  if (stage !== "needs_guest") return [];
  if (provider.client_secret) {
    mountCardForm(provider);
    return [];
  }
  return provider.confirm_at ? [el("a", { class: "button", href: provider.confirm_at }, text("confirm"))] : [];
}

async function mountCardForm(provider) {
  try {
    const { mount } = await import("./pay_stripe.js");
    await mount(byId("payment-form"), provider);
  } catch {
    byId("payment-more").textContent = text("card_form_failed");
  }
}
