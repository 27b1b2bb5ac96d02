// Pages work without this file. With it, what an element with data-live shows
// is fetched again when it changes: as its stream of events says, or every few
// seconds where there is none.

const pollEvery = 5000;
const restAfter = 300; // what shows first is painted by then

for (const element of document.querySelectorAll("[data-live]")) {
  follow(element);
  // What was left out, so that something shows at once.
  if ("rest" in element.dataset) setTimeout(refresh, restAfter, element, element.dataset.live);
}

function follow(element) {
  const { live, events } = element.dataset;
  let timer;
  const poll = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!document.hidden) await refresh(element, live);
      poll();
    }, pollEvery);
  };
  if (!events || !window.EventSource) {
    poll();
    return;
  }
  const stream = new EventSource(events);
  stream.addEventListener("connection", () => {
    clearTimeout(timer);
    later(element, live);
  });
  // The browser opens a broken stream again; until it is back, we ask.
  stream.addEventListener("error", poll);
}

// later gathers events that come one upon the other into one fetch at a time.
const underWay = new WeakMap();
async function later(element, address) {
  if (underWay.has(element)) {
    underWay.set(element, true);
    return;
  }
  do {
    underWay.set(element, false);
    await refresh(element, address);
  } while (underWay.get(element));
  underWay.delete(element);
}

async function refresh(element, address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload(); // signed out
    if (answer.ok) replace(element, await answer.text());
  } catch {
    // The service is away for a moment: what is shown stays.
  }
}

// replace puts in the parts that have changed and keeps the focus where it was.
function replace(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const before = [...element.children];
  const after = [...fresh.content.children];
  const focused = element.contains(document.activeElement) ? selectorOf(document.activeElement) : "";
  if (before.length === after.length) {
    before.forEach((old, i) => old.isEqualNode(after[i]) || old.replaceWith(after[i]));
  } else {
    element.replaceChildren(...after);
  }
  if (focused && !element.contains(document.activeElement)) element.querySelector(focused)?.focus();
}

// selectorOf finds what can have the focus again in its next version.
function selectorOf(element) {
  const quoted = (name, value) => `[${name}="${CSS.escape(value)}"]`;
  if (element.hasAttribute("href")) return quoted("href", element.getAttribute("href"));
  if (element.form) return `form${quoted("action", element.form.getAttribute("action"))} button`;
  return element.hasAttribute("aria-label") ? quoted("aria-label", element.getAttribute("aria-label")) : "";
}

// The browser knows every time zone; without this, a few are offered.
for (const list of document.querySelectorAll("[data-timezones]")) {
  if (!Intl.supportedValuesOf) break;
  list.replaceChildren(...["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => new Option("", zone)));
}
