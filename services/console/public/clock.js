import { moment } from './format.js';

const clock = document.getElementById('clock');
const dot = document.getElementById('dot');

/** Pages tell the header what moment they show: now, or the end of a replayed log. */
export function showClock(at, live) {
  dot.className = `dot ${at === null ? '' : live ? 'live' : 'past'}`;
  clock.textContent =
    at === null ? 'no traffic yet' : `${live ? 'live' : 'replayed, until'} ${moment(at)} UTC`;
}

export function showAway() {
  dot.className = 'dot away';
  clock.textContent = 'trying again';
}
