// Stripe's Payment Element: card numbers are entered in Stripe's frame and never reach this page or our server.
// Stripe's script is loaded from Stripe, as it asks for, and only once a guest has chosen to pay by card.

import { el, setup, text } from "./dom.js";

const SCRIPT = "https://js.stripe.com/v3/";

let loading = null;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = el("script", { src: SCRIPT });
    script.onload = () => resolve(window.Stripe);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("Stripe.js could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/**
 * Show the card form and let the guest confirm the payment. The page learns from our server what became of it.
 * @param holder an empty element
 * @param provider `client_secret`, `publishable_key`, and `account` if the venue has one of its own
 * @throws Error if Stripe's script or its form cannot be loaded
 */
export async function mount(holder, provider) {
  const Stripe = await load();
  const options = { locale: setup.language.split("-")[0] };
  if (provider.account) options.stripeAccount = provider.account;
  const stripe = Stripe(provider.publishable_key, options);
  const elements = stripe.elements({ clientSecret: provider.client_secret, appearance: { theme: "stripe" } });
  const element = elements.create("payment");
  const frame = el("div", {});
  const button = el("button", { type: "submit" }, text("confirm"));
  const wrong = el("p", { class: "error", role: "alert" });
  const form = el("form", { novalidate: true }, frame, wrong, button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    wrong.textContent = "";
    const confirmParams = { return_url: window.location.href };
    const { error } = await stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
    button.setAttribute("aria-disabled", String(!error));
    // In the guest's language, by Stripe.
    if (error) wrong.textContent = error.message ?? text("not_possible");
  });
  holder.replaceChildren(form);
  element.mount(frame);
}
