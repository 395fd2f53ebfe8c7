// What every part of the page uses: what the server sent along, texts, amounts, and making elements.

export const setup = JSON.parse(document.getElementById("setup").textContent);

export const byId = (id) => document.getElementById(id);

/** Return a text in the page's language, its words in braces filled in. */
export function text(key, values = {}) {
  return setup.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Return a new element. Children are elements or text, never markup; those that are null or false are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child || child === 0));
  return made;
}

/** Return an amount as the API writes it (`8.00`, `800`) for the guest to read. Never calculated with. */
export function money(amount) {
  const digits = (amount.split(".")[1] ?? "").length;
  const form = { style: "currency", currency: setup.currency };
  return new Intl.NumberFormat(setup.locale, { ...form, minimumFractionDigits: digits }).format(amount);
}

export const number = (value) => new Intl.NumberFormat(setup.locale, { maximumFractionDigits: 3 }).format(value);

const clock = new Intl.DateTimeFormat(setup.locale, { hour: "2-digit", minute: "2-digit", timeZone: setup.zone });

/** Return the time of day at the venue of an ISO 8601 moment or a Date. */
export const time = (moment) => clock.format(new Date(moment));

export const isZero = (amount) => !/[1-9]/.test(amount);

/** Show one part of the page and hide the others; put the reader at its heading. */
export function show(id, { focus = true } = {}) {
  for (const part of ["bills", "pay", "payment", "order"]) {
    const section = byId(part);
    if (section) section.hidden = part !== id;
  }
  if (byId("order-open")) byId("order-open").hidden = id !== "bills";
  if (focus) {
    window.scrollTo(0, 0);
    byId(id).querySelector("[tabindex='-1']")?.focus({ preventScroll: true });
  }
}

/** Say something to everybody, screen readers included; say nothing twice. An empty text takes it back. */
export function notice(message, { warning = false } = {}) {
  const line = byId("notice");
  if (line.textContent !== message) line.textContent = message;
  line.classList.toggle("warning", warning);
}

/** Ask the API. Returns the response; the body, if it is JSON, is in `.data`. */
export async function api(path, { headers = {}, ...options } = {}) {
  const response = await fetch(`/api/v1/tables/${setup.token}${path}`, {
    cache: "no-store",
    credentials: "omit",
    headers: { "Accept-Language": setup.language, ...headers },
    signal: AbortSignal.timeout(20_000),
    ...options,
  });
  const isJson = response.headers.get("Content-Type")?.includes("json");
  response.data = isJson ? await response.json() : null;
  return response;
}

/** Post JSON to the API. */
export function post(path, body, headers = {}) {
  return api(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

export const codeOf = (response) => response.data?.errors?.[0]?.code ?? "";
