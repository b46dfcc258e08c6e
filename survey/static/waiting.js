// Where an interviewer chooses the wave: sends what waits on the tablet, also of a wave that has ended since.

import { empty, waiting } from "./kiosk/outbox.js";
import { inTurn } from "./tablet.js";

const AGAIN = 60_000; // ms between two looks whether the network is back
const box = document.querySelector("[data-waits]");

async function look() {
  await count();
  await empty().catch(() => {});
  await count();
}

async function count() {
  const waits = await waiting().catch(() => 0);
  box.hidden = waits === 0;
  box.querySelector("[data-count]").textContent = waits;
}

const round = inTurn(look);
setInterval(round, AGAIN);
addEventListener("online", round);
round();
