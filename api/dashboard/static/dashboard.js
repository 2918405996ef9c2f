// Every page works without this file; it adds what only a script can do.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = button.parentElement.querySelector("input");
  await navigator.clipboard.writeText(field.value);
  button.textContent = "Copied";
});
