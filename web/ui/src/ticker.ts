/** Once a second, on the second: the clock, the drift, the night, the turn of the scenes. */

import { effect } from "@preact/signals";

import { drift, isNight } from "./room";
import { after, cycleOf, type Scene } from "./scene";
import { steady } from "./socket";
import { ahead, arrivals, civil, lastArrival, now, opened, scene, store, typeSize } from "./wall";

/** Seconds that a new incident holds the scene. */
const HOLD = 30;

/** Begin to tick. */
export function startTicking(): void {
  const root = document.documentElement;
  effect(() => root.style.setProperty("--unit", `${typeSize.value.unit}vh`));
  effect(() => {
    const at = now.value + (store.self("clock")?.skew ?? 0);
    const { x, y } = drift(at);
    root.style.setProperty("--drift-x", `${x}px`);
    root.style.setProperty("--drift-y", `${y}px`);
    root.dataset.night = String(isNight(at));
  });
  startCycle();
  tick();
}

/** What people's clocks show now, as the server knows it. */
export function civilNow(): number {
  return serverNow() + civil.peek() - now.peek();
}

/** The server's time now. */
export function serverNow(): number {
  return steady() + ahead.peek();
}

function tick(): void {
  const at = serverNow();
  now.value = Math.floor(at);
  setTimeout(tick, 1000 * (1 - (at % 1)) + 2);
}

function startCycle(): void {
  const seconds = cycleOf(location.search);
  if (seconds === null) return;
  let turned = now.peek();
  effect(() => {
    const at = now.value;
    const held = at - lastArrival.value < HOLD || opened.value !== null;
    if (held) {
      if (arrivals.value.size) show("overview");
      turned = at;
    } else if (at - turned >= seconds) {
      turned = at;
      show(after(scene.peek()));
    }
  });
}

function show(next: Scene): void {
  if (scene.peek() !== next) scene.value = next;
}
