/* The plot of docs/ahp-neuron.md: one AHP neuron, computed in the integers of docs/numerics.md. */
"use strict";

/** Round toward zero: sign(x) * ((|x| * (4096 - d)) >> 12), without the 32 bits of `>>`. */
function ahpDecay(x, d) {
  return Math.sign(x) * Math.floor((Math.abs(x) * (4096 - d)) / 4096) || 0;
}

function ahpSaturate(x) {
  return Math.max(-8388607, Math.min(8388607, x));
}

/** States of every step for a neuron whose drive, in units of weight, is given for every step. */
function ahpRun(drive, neuron) {
  const found = { u: [], a: [], v: [], s: [] };
  let u = 0, a = 0, v = 0, s = 0;
  for (const arriving of drive) {
    u = ahpDecay(u, neuron.currentDecay) + 64 * arriving;
    a = ahpSaturate(ahpDecay(a, neuron.ahpDecay) - neuron.ahpWeight * s);
    v = ahpSaturate(ahpDecay(v, neuron.voltageDecay) + u + a);
    s = v > 64 * neuron.threshold ? 1 : 0;
    v = s ? 0 : v;
    found.u.push(u); found.a.push(a); found.v.push(v); found.s.push(s);
  }
  return found;
}

/** A strong input for the first 150 of 600 steps, then a weaker one. */
function ahpDrive(strong) {
  return Array.from({ length: 600 }, (_, t) => (t === 0 ? 0 : t <= 150 ? strong : 34));
}

function ahpDraw(root) {
  const value = (name) => Number(root.querySelector(`input[name=${name}]`).value);
  const tau = value("tau"), charge = value("charge"), strong = value("drive");
  const threshold = 500, ahpDecayOf = Math.max(1, Math.round(4096 / tau));
  const neuron = {
    threshold, currentDecay: 4096, voltageDecay: 205, ahpDecay: ahpDecayOf,
    ahpWeight: Math.round((charge * 64 * threshold) / tau),
  };
  const run = ahpRun(ahpDrive(strong), neuron);
  for (const name of ["tau", "charge", "drive"]) root.querySelector(`output[name=${name}]`).textContent = value(name);
  const width = 600;
  const line = (values, low, high, top, height) =>
    values.map((y, t) => `${t},${(top + height * (1 - (y - low) / (high - low))).toFixed(1)}`).join(" ");
  const lowest = Math.min(-1, ...run.a, ...run.v);
  const spikes = run.s.flatMap((s, t) => (s ? [t] : []));
  const first = spikes.filter((t) => t <= 150).length;
  root.querySelector("svg").innerHTML =
    `<title>Spikes, voltage and AHP current of one neuron over 600 steps</title>` +
    spikes.map((t) => `<line x1="${t}" x2="${t}" y1="4" y2="24" class="spike"/>`).join("") +
    `<line x1="0" x2="${width}" y1="36" y2="36" class="threshold"/>` +
    `<polyline points="${line(run.v, lowest, 64 * threshold, 36, 130)}" class="voltage"/>` +
    `<polyline points="${line(run.a, Math.min(-1, ...run.a), 0, 190, 80)}" class="ahp"/>` +
    `<line x1="150" x2="150" y1="0" y2="280" class="mark"/>` +
    `<text x="${width - 4}" y="20" text-anchor="end">spikes</text>` +
    `<text x="${width - 4}" y="160" text-anchor="end">voltage, threshold dashed</text>` +
    `<text x="${width - 4}" y="272" text-anchor="end">AHP current</text>`;
  root.querySelector(".found").textContent =
    `${first} spikes while the strong input lasts, ${spikes.length - first} in the 450 steps after it; ` +
    `the AHP current is at ${(run.a[599] / (64 * threshold)).toFixed(3)} thresholds in the last step`;
}

function ahpStart() {
  const root = document.querySelector("#ahp-neuron");
  if (!root) return;
  root.querySelectorAll("input").forEach((input) => input.addEventListener("input", () => ahpDraw(root)));
  ahpDraw(root);
}

if (typeof document !== "undefined") document.addEventListener("DOMContentLoaded", ahpStart);
