// The button that prints a receipt. Without this script a browser prints by its own menu.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
