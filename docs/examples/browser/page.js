// A page that is a client: no server of its own, no bundler. The address of NATS comes behind the page's own: ?nats=ws://…

import { connect, RefusedError } from 'synod/browser';

const element = id => document.getElementById(id);
const say = text => {
  element('status').textContent = text;
};

const servers = new URLSearchParams(location.search).get('nats') ?? 'ws://127.0.0.1:9222';

/** Shows the state of a register in its row. */
function show(key, { set, value, version }) {
  const id = `row-${key}`;
  const row = element(id) ?? element('watched').insertRow();
  row.id = id;
  row.replaceChildren(
    ...[key, set ? JSON.stringify(value ?? true) : 'unset', version].map(text => {
      const cell = document.createElement('td');
      cell.textContent = text;
      return cell;
    }),
  );
  if (key === 'page.switch') element('switch').textContent = set ? 'on' : 'off';
  if (key === 'page.counter') element('counter').textContent = value ?? 0;
}

try {
  const synod = await connect({ servers });
  // To try things in the console.
  globalThis.synod = synod;
  say(`Connected to ${servers}`);

  element('set').onclick = async () => {
    try {
      await synod.switch('page.switch').set();
      say('This page turned the switch on');
    } catch (error) {
      // The outcome is definite: somebody was first.
      say(error instanceof RefusedError ? 'The switch was on already' : error.message);
    }
  };
  element('add').onclick = async () => {
    try {
      // Retried with one id by the client, so that it counts once, whatever happens on the way.
      say(`Added 1, which makes ${await synod.counter('page.counter').add()}`);
    } catch (error) {
      say(error.message);
    }
  };
  for (const id of ['set', 'add']) element(id).disabled = false;

  // Keys that a wildcard stands for are known from their first change on: these two are shown at once.
  for (const [key, read] of [
    ['page.switch', async () => ({ set: await synod.switch('page.switch').read() })],
    ['page.counter', () => synod.variable('page.counter').read()],
  ])
    show(key, { version: '', ...(await read()) });
  for await (const { key, state } of synod.watch('page.>')) show(key, state);
} catch (error) {
  say(error.message);
}
