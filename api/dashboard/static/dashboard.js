// Every page works without this file; it adds what only a script can do.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = button.parentElement.querySelector("input");
  await navigator.clipboard.writeText(field.value);
  button.textContent = "Copied";
});

// Abstraction by keyboard: n, p, a, r and e, as the page itself says.
const items = () => [...document.querySelectorAll(".item")];
const current = () => document.querySelector(".item.current");

function choose(item, mayTurnPage) {
  if (!item) return;
  for (const each of document.querySelectorAll(".current")) each.classList.remove("current");
  item.classList.add("current");
  item.focus({ preventScroll: false });
  const box = document.getElementById(item.id.replace("value-", "box-"));
  if (box) box.classList.add("current");
  else if (mayTurnPage && item.dataset.place) location.assign(item.dataset.place + "#" + item.id);
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (isTyping && event.key === "Escape") return event.target.closest(".item")?.focus();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !items().length) return;
  const at = items().indexOf(current());
  const press = (decision) => current()?.querySelector(`[data-decision=${decision}] button`)?.click();
  if (event.key === "n") choose(items()[Math.min(at + 1, items().length - 1)], true);
  else if (event.key === "p") choose(items()[Math.max(at - 1, 0)], true);
  else if (event.key === "a") press("accept");
  else if (event.key === "r") press("reject");
  else if (event.key === "e" && current()) {
    event.preventDefault();
    const details = current().querySelector("details.own");
    if (!details) return;
    details.open = true;
    details.querySelector("[name=value]").select();
  }
});

function chooseByAddress() {
  const item = location.hash.startsWith("#value-") && document.querySelector(location.hash);
  if (item) choose(item, false);
}
addEventListener("hashchange", chooseByAddress);
addEventListener("DOMContentLoaded", chooseByAddress);

// A box drawn on the page goes into the form of the chosen value.
document.addEventListener("pointerdown", (start) => {
  const page = start.target.closest("svg.page");
  const form = current()?.querySelector(".entry");
  if (!page || !form) return;
  start.preventDefault();
  const point = (event) =>
    new DOMPoint(event.clientX, event.clientY).matrixTransform(page.getScreenCTM().inverse());
  const first = point(start);
  const drawn = page.querySelector("#drawn");
  const draw = (event) => {
    const last = point(event);
    const box = {
      x1: Math.min(first.x, last.x), y1: Math.min(first.y, last.y),
      x2: Math.max(first.x, last.x), y2: Math.max(first.y, last.y),
    };
    drawn.setAttribute("x", box.x1);
    drawn.setAttribute("y", box.y1);
    drawn.setAttribute("width", box.x2 - box.x1);
    drawn.setAttribute("height", box.y2 - box.y1);
    form.closest("details").open = true;
    for (const [corner, value] of Object.entries(box)) form.elements[corner].value = value.toFixed(1);
  };
  page.addEventListener("pointermove", draw);
  addEventListener("pointerup", () => page.removeEventListener("pointermove", draw), { once: true });
});

// Uploads show how far they are.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-upload]");
  if (!form) return;
  event.preventDefault();
  const bar = form.querySelector("progress");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", (e) => { bar.value = e.loaded / e.total; });
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign(request.responseURL);
    else document.querySelector("#main").innerHTML =
      new DOMParser().parseFromString(request.responseText, "text/html").querySelector("#main").innerHTML;
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
});
