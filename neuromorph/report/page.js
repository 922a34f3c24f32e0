"use strict";
// A click on a heading sorts the rows of each tbody by itself: groups never mix.
document.querySelectorAll("table").forEach(function (table) {
  var heads = Array.from(table.querySelectorAll("thead th"));
  heads.forEach(function (head, column) {
    head.querySelector("button").addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach(function (other) { other.setAttribute("aria-sort", "none"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      Array.from(table.tBodies).forEach(function (body) { sort(body, column, up); });
    });
  });
});

function sort(body, column, up) {
  var rows = Array.from(body.rows).filter(function (row) { return row.className !== "group"; });
  rows.sort(function (a, b) { return compare(a.cells[column], b.cells[column], up); });
  rows.forEach(function (row) { body.appendChild(row); });
}

function compare(a, b, up) {
  var x = a.dataset.value, y = b.dataset.value;
  if (x === undefined && y === undefined) {
    return (up ? 1 : -1) * a.textContent.localeCompare(b.textContent);
  }
  if (x === undefined) { return 1; }
  if (y === undefined) { return -1; }
  return (up ? 1 : -1) * (Number(x) - Number(y));
}
