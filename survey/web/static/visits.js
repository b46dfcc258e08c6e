// What became of the households of a village, as far as the server was not told yet: an outcome by household number,
// in no order, beside the sealed interviews and joined to none of them.

import { changeNote, noted } from "./kiosk/outbox.js";

const name = ({ wave, psu }) => `visits ${wave} ${psu}`;

// `village` has the wave and the psu.
export const pending = async (village) => (await noted(name(village))) ?? {};

export const visited = (village, household, outcome) =>
  changeNote(name(village), (before) => ({ ...before, [household]: outcome }));

// Forgets what was sent, unless it was changed meanwhile.
export const sent = (village, outcomes) =>
  changeNote(name(village), (before) =>
    Object.fromEntries(Object.entries(before ?? {}).filter(([household, outcome]) => outcomes[household] !== outcome)));
