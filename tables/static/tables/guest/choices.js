// The choices of a product: its modifier groups, and those of the modifiers that are chosen, to any depth.

import { byId, el, isZero, money, text } from "./dom.js";

const dialog = byId("choices");
let groupsById = {};
let product = null;
let done = () => {};

/**
 * Ask for the choices of a product.
 * @param wanted the product
 * @param groups all groups of the menu by their ids
 * @param chosen called with the modifiers as the API takes them, and what they add as a list of `{name, price}`
 */
export function choose(wanted, groups, chosen) {
  product = wanted;
  groupsById = groups;
  done = chosen;
  byId("choices-title").textContent = wanted.name;
  byId("choices-error").textContent = "";
  byId("choices-groups").replaceChildren(...fieldsets(wanted.modifier_groups, "choice"));
  dialog.showModal();
  byId("choices-title").focus();
}

function fieldsets(ids, path) {
  return ids.map((id, at) => fieldset(groupsById[id], `${path}-${at}`)).filter(Boolean);
}

function fieldset(group, path) {
  if (!group) return null;
  const isOne = group.min === 1 && group.max === 1;
  const rows = group.modifiers.map((modifier, at) => {
    const id = `${path}-${at}`;
    const input = el("input", { type: isOne ? "radio" : "checkbox", name: path, id, disabled: !modifier.available });
    const below = el("div", { class: "below" });
    input.modifier = modifier;
    input.below = below;
    const label = el(
      "label",
      { class: "choice", for: id },
      input,
      el("span", {}, modifier.available ? modifier.name : `${modifier.name} – ${text("sold_out")}`),
      !isZero(modifier.price) && el("span", { class: "price" }, money(modifier.price)),
    );
    return el("div", {}, label, below);
  });
  const rule = ruleOf(group);
  const made = el("fieldset", {}, el("legend", {}, group.name), rule && el("p", { class: "about" }, rule), rows);
  made.group = group;
  return made;
}

function ruleOf({ min, max }) {
  if (min && max) return min === max ? text("choose_exactly", { count: min }) : text("choose_between", { least: min, most: max });
  if (min) return text("choose_at_least", { count: min });
  return max ? text("choose_at_most", { count: max }) : "";
}

const inputsOf = (holder) =>
  [...holder.querySelectorAll(":scope > fieldset")].flatMap((one) => [...one.querySelectorAll(":scope > div > label > input")]);

/** Return the chosen modifiers below an element as the API takes them. */
function chosenIn(holder) {
  return inputsOf(holder)
    .filter((input) => input.checked)
    .map((input) => ({ modifier: input.modifier.id, quantity: 1, modifiers: chosenIn(input.below) }));
}

function namesIn(holder) {
  return inputsOf(holder)
    .filter((input) => input.checked)
    .flatMap((input) => [{ name: input.modifier.name, price: input.modifier.price }, ...namesIn(input.below)]);
}

function firstWrong(holder) {
  for (const one of holder.querySelectorAll("fieldset")) {
    const count = one.querySelectorAll(":scope > div > label > input:checked").length;
    if (count < (one.group.min ?? 0) || (one.group.max && count > one.group.max)) return one;
  }
  return null;
}

byId("choices-groups").addEventListener("change", ({ target }) => {
  for (const input of byId("choices-groups").querySelectorAll(`input[name="${target.name}"]`)) {
    const isOpen = input.below.childElementCount > 0;
    if (input.checked && !isOpen) input.below.replaceChildren(...fieldsets(input.modifier.modifier_groups, input.id));
    if (!input.checked) input.below.replaceChildren();
  }
});
byId("choices-cancel").addEventListener("click", () => dialog.close());
byId("choices-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const groups = byId("choices-groups");
  const wrong = firstWrong(groups);
  if (wrong) {
    byId("choices-error").textContent = `${wrong.group.name}: ${ruleOf(wrong.group)}`;
    wrong.querySelector("input")?.focus();
    return;
  }
  dialog.close();
  done(chosenIn(groups), namesIn(groups));
});
