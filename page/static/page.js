// Pages work without this file. With it, what an element with data-live shows
// is fetched again as it changes.

const seconds = 5;

for (const element of document.querySelectorAll("[data-live]")) {
  follow(element, element.dataset.live);
}

function follow(element, address) {
  const again = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "manual" });
        if (answer.ok) replace(element, await answer.text());
      } catch {
        // The service is away for a moment: what is shown stays.
      }
    }
    setTimeout(again, seconds * 1000);
  };
  setTimeout(again, seconds * 1000);
}

// replace keeps the focus where it was.
function replace(element, html) {
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  element.innerHTML = html;
  if (focused) element.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
}
