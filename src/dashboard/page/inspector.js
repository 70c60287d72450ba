// Asks for one register and shows it: as a client reads it, and as each acceptor holds it.

import { count, make } from './format.js';

export function openInspector(form, place) {
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const key = new FormData(form).get('key').trim();
    place.setAttribute('aria-busy', 'true');
    try {
      const response = await fetch(`/register?key=${encodeURIComponent(key)}`);
      if (response.ok) place.replaceChildren(...shown(await response.json()));
      else place.replaceChildren(make('p', {}, await response.text()));
    } catch {
      place.replaceChildren(make('p', {}, 'The dashboard does not answer.'));
    } finally {
      place.removeAttribute('aria-busy');
    }
  });
}

function shown({ key, partition, groups, state, problem, held }) {
  return [
    make('p', {}, make('strong', {}, key), ` · partition ${partition}${placeOf(groups)}`),
    ...stateOf(state, problem),
    tableOf(held, groups.length > 1),
  ];
}

function stateOf(state, problem) {
  if (state === null) return [make('p', {}, problem)];
  const { kind, set, version, value } = state;
  if (!set) return [make('p', {}, version === 0 ? 'Unset.' : `Unset, version ${count(version)}.`)];
  if (kind === 'switch') return [make('p', {}, 'A switch, turned on.')];
  return [
    make('p', {}, kind === 'register' ? 'A write-once register.' : `A variable, version ${count(version)}.`),
    make('pre', { tabIndex: 0 }, JSON.stringify(value, null, 2)),
  ];
}

/** Nothing where there is one group. */
function placeOf([group, from]) {
  if (from !== undefined) return ` · on its way from group ${from} to group ${group}`;
  return group === undefined || group === 'main' ? '' : ` · group ${group}`;
}

function tableOf(held, isMoving) {
  const titles = ['Acceptor', ...(isMoving ? ['Group'] : []), 'Ballot', 'Proposer', 'Value'];
  const header = titles.map(title => make('th', { scope: 'col' }, title));
  // Ballots of different groups do not compare.
  const highestOf = of => {
    const ballots = held.filter(({ answer, group }) => answer === 'held' && group === of);
    return Math.max(...ballots.map(({ counter }) => counter));
  };
  const rows = held.map(({ acceptor, group, answer, counter, proposer, digest }) => {
    const cells =
      answer === 'held'
        ? [`${count(counter)}${counter < highestOf(group) ? ' (older)' : ''}`, proposer, digest.slice(0, 8)]
        : [answer, '–', '–'];
    const all = isMoving ? [group, ...cells] : cells;
    return make('tr', {}, make('th', { scope: 'row' }, acceptor), ...all.map(text => make('td', {}, text)));
  });
  const caption = make(
    'caption',
    {},
    'What each acceptor has accepted; values by the first letters of their SHA-256',
  );
  const table = make(
    'table',
    {},
    caption,
    make('thead', {}, make('tr', {}, ...header)),
    make('tbody', {}, ...rows),
  );
  return make('div', { className: 'scroll', tabIndex: 0 }, table);
}
