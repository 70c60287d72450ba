// What changed, in the order in which it did, the newest first.

import { make } from './format.js';
import { STATES } from './topology.js';

const LINES_MAX = 100;

export function openLog(list) {
  // It scrolls, so that the keyboard must reach it.
  list.tabIndex = 0;
  let before;
  let epoch;
  let groups;
  const say = text => {
    const now = new Date();
    const time = make('time', { dateTime: now.toISOString() }, now.toTimeString().slice(0, 8));
    list.prepend(make('li', {}, time, make('span', {}, text)));
    while (list.children.length > LINES_MAX) list.lastElementChild.remove();
  };
  const look = view => {
    const states = new Map(view.nodes.map(node => [node.key, node]));
    if (before === undefined) say(`watching cluster ${view.cluster}`);
    for (const [key, { role, name, state, why }] of states) {
      const was = before?.get(key)?.state ?? (before === undefined ? 'up' : undefined);
      if (state !== was) say(`${role} ${name}: ${STATES[state] ?? state}${why === '' ? '' : `, ${why}`}`);
    }
    for (const [key, { role, name }] of before ?? []) if (!states.has(key)) say(`${role} ${name}: gone`);
    if (epoch !== undefined && epoch !== view.epoch) say(`epoch ${view.epoch}`);
    const named = new Map(view.groups.map(({ group, epoch: of }) => [group, of]));
    for (const [group, of] of named) {
      if (groups !== undefined && !groups.has(group)) say(`group ${group}: new`);
      else if (group !== 'main' && groups?.get(group) !== of && groups?.get(group) > 0)
        say(`group ${group}: epoch ${of}`);
    }
    for (const group of groups?.keys() ?? []) if (!named.has(group)) say(`group ${group}: gone`);
    groups = named;
    before = states;
    epoch = view.epoch;
  };
  return { say, look };
}
