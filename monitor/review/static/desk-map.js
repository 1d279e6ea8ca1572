// Puts a map service under the map, where the settings name one (desk.tiles). Without this script,
// or where the service does not answer, the drawn map and the table say the same.

const figure = document.getElementById("map");
const drawn = figure?.querySelector("svg.map");
const L = window.L;

if (drawn && L && figure.dataset.tiles) {
  const marks = [...drawn.querySelectorAll("a.mark")];
  const box = document.createElement("div");
  box.className = "tiles";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Map of a map service; the table has the same places");
  drawn.before(box);
  const map = L.map(box, { scrollWheelZoom: false, attributionControl: false });
  L.control.attribution({ prefix: false }).addTo(map);
  const tiles = L.tileLayer(figure.dataset.tiles, { attribution: asText(figure.dataset.credit), maxZoom: 17 });
  tiles.once("tileload", () => drawn.classList.add("put-away"));
  tiles.addTo(map);
  map.fitBounds([[37.4, 124], [43.1, 131]]);
  for (const mark of marks) add(map, mark);
}

function add(map, mark) {
  const [latitude, longitude, radius] = mark.dataset.at.split(" ").map(Number);
  const circle = L.circleMarker([latitude, longitude], {
    radius,
    className: `mark ${mark.classList.contains("province") ? "province" : ""}`,
  });
  const words = document.createElement("span");
  words.textContent = mark.getAttribute("aria-label");
  circle.bindTooltip(words);
  circle.on("click", () => { location.href = mark.getAttribute("href"); });
  circle.addTo(map);
}

// Leaflet takes the credit for HTML; the setting is text.
function asText(words) {
  const span = document.createElement("span");
  span.textContent = words ?? "";
  return span.innerHTML;
}
