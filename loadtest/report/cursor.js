"use strict";
// One moment, chosen on any plot over time, is shown on all of them; the legends say what was measured then.
// Pointer or finger; with the keyboard the arrow keys (Shift: ten steps), Home, End, and Escape to let go.

const planes = [...document.querySelectorAll("[data-plot]")].map((plane) => {
  const figure = plane.closest("figure");
  const held = JSON.parse(document.getElementById(`data-${plane.dataset.plot}`).textContent);
  return { plane, held, cursor: plane.querySelector(".cursor"), told: [...figure.querySelectorAll(".legend b")] };
});
let chosen = null;

const pad = (value) => String(value).padStart(2, "0");
const clock = (t) => {
  const whole = Math.floor(t), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
};
const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const figure = (value, unit) => `${(Math.abs(value) >= 100 ? whole : digits).format(value)}${unit ? ` ${unit}` : ""}`;

// The place in times (ascending) of the point that counts at t: the nearest, or for steps the one that began last. -1: a gap.
const place = (times, t, held) => {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1; else high = middle;
  }
  let at = low - 1;
  if (!held.steps && (at < 0 || (low < times.length && times[low] - t <= t - times[at]))) at = low;
  return at >= 0 && at < times.length && Math.abs(times[at] - t) <= held.near ? at : -1;
};

const values = (held, t) => held.times.map((times, line) => {
  const at = place(times, t, held);
  return at < 0 ? null : held.values[line][at];
});

const say = ({ held, told }, t) => {
  const found = values(held, t);
  const total = found.reduce((sum, value) => sum + (value ?? 0), 0);
  told.forEach((element, line) => {
    const value = found[line];
    if (value === null || value === undefined || (held.share && !total)) element.textContent = "no data";
    else element.textContent = held.share ? `${digits.format((100 * value) / total)} %` : figure(value, held.unit);
  });
};

const choose = (t, end) => {
  chosen = Math.min(end, Math.max(0, t));
  for (const one of planes) {
    one.cursor.hidden = false;
    one.cursor.style.left = `${(100 * chosen) / one.held.end}%`;
    one.cursor.dataset.at = clock(chosen);
    say(one, chosen);
  }
};

const release = () => {
  chosen = null;
  for (const { cursor, told } of planes) {
    cursor.hidden = true;
    for (const element of told) element.textContent = element.dataset.told;
  }
};

for (const { plane, held } of planes) {
  const follow = (event) => {
    const box = plane.getBoundingClientRect();
    choose((held.end * (event.clientX - box.left)) / box.width, held.end);
  };
  plane.addEventListener("pointermove", follow);
  plane.addEventListener("pointerdown", follow);
  plane.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") release(); });
  plane.addEventListener("blur", release);
  plane.addEventListener("keydown", (event) => {
    const step = (event.shiftKey ? 10 : 1) * Math.max(1, held.end / 600);
    const moves = { ArrowLeft: (chosen ?? 0) - step, ArrowRight: (chosen ?? 0) + step, Home: 0, End: held.end };
    if (event.key in moves) { choose(moves[event.key], held.end); event.preventDefault(); }
    else if (event.key === "Escape") release();
  });
}
