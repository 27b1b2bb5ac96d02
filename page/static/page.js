// Pages work without this file. With it, what an element with data-live shows
// is fetched again when it changes: as its stream of events says, or every few
// seconds where there is none.

const pollEvery = 5000;
const sayEvery = 10000; // whoever hears the page is not talked over
const restAfter = 300; // what shows first is painted by then

for (const element of document.querySelectorAll("[data-live]")) {
  follow(element);
  if (element.dataset.says) say(element, document.getElementById(element.dataset.says));
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

// say tells a screen reader how things stand when that has changed. The region
// is never replaced: what comes with its text already in it is often not read.
function say(element, region) {
  const words = () => element.querySelector("[data-said]")?.dataset.said ?? "";
  let last = words(); // read with the page
  setInterval(() => {
    const now = words();
    if (now !== last) region.textContent = last = now;
  }, sayEvery);
}

// replace puts in the parts that have changed and keeps the focus, and how far
// tables are scrolled, where they were.
function replace(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const before = [...element.children];
  const after = [...fresh.content.children];
  const focused = element.contains(document.activeElement) ? selectorOf(document.activeElement) : "";
  const scrolled = [...element.querySelectorAll(".scroll")].filter((table) => table.scrollLeft).map((table) => [selectorOf(table), table.scrollLeft]);
  if (before.length === after.length) {
    before.forEach((old, i) => old.isEqualNode(after[i]) || old.replaceWith(after[i]));
  } else {
    element.replaceChildren(...after);
  }
  for (const [table, left] of scrolled) {
    const again = table && element.querySelector(table);
    if (again) again.scrollLeft = left;
  }
  if (focused && !element.contains(document.activeElement)) element.querySelector(focused)?.focus({ preventScroll: true });
}

// selectorOf finds an element again in its next version. One button of a form
// may undo what another does.
function selectorOf(element) {
  const quoted = (name, value) => `[${name}="${CSS.escape(value)}"]`;
  if (element.hasAttribute("href")) return quoted("href", element.getAttribute("href"));
  if (element.form) {
    const button = element.name ? quoted("name", element.name) + quoted("value", element.value) : ":not([name])";
    return `form${quoted("action", element.form.getAttribute("action"))} button${button}`;
  }
  return element.hasAttribute("aria-label") ? quoted("aria-label", element.getAttribute("aria-label")) : "";
}

// The browser knows every time zone; without this, a few are offered.
for (const list of document.querySelectorAll("[data-timezones]")) {
  if (!Intl.supportedValuesOf) break;
  list.replaceChildren(...["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => new Option("", zone)));
}
