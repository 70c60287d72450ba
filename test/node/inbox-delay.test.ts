import test from 'ava';
import { InboxDelay } from '../../src/node/service/inbox-delay.ts';

/** A clock, and pings that are answered by hand. */
function scripted() {
  const clock = { ms: 1000 };
  const pings: { answer: () => void; lose: (error: Error) => void }[] = [];
  const flush = (): Promise<void> =>
    new Promise((answer, lose) => {
      pings.push({ answer, lose });
    });
  return { clock, pings, delay: new InboxDelay({ nowMs: () => clock.ms }, { flush }) };
}

test('InboxDelay is what the last ping took, or the one under way has taken so far', async t => {
  const { clock, pings, delay } = scripted();
  t.is(delay.at(clock.ms), 0);
  delay.look();
  clock.ms += 70;
  t.is(delay.at(clock.ms), 70);
  delay.look();
  t.is(pings.length, 1, 'one at a time');
  pings[0]?.answer();
  await new Promise(setImmediate);
  clock.ms += 200;
  t.is(delay.at(clock.ms), 70);
  delay.look();
  clock.ms += 20;
  t.is(delay.at(clock.ms), 70, 'of the last one, until this one took longer');
  pings[1]?.answer();
  await new Promise(setImmediate);
  t.is(delay.at(clock.ms), 20);
});

test('InboxDelay is none without a connection, and is looked for again', async t => {
  const { clock, pings, delay } = scripted();
  delay.look();
  clock.ms += 900;
  pings[0]?.lose(new Error('not connected'));
  await new Promise(setImmediate);
  t.is(delay.at(clock.ms), 0);
  delay.look();
  t.is(pings.length, 2);
});

test('InboxDelay is none when nobody has looked for a while', async t => {
  const { clock, pings, delay } = scripted();
  delay.look();
  clock.ms += 300;
  pings[0]?.answer();
  await new Promise(setImmediate);
  t.is(delay.at(clock.ms + 250), 300);
  t.is(delay.at(clock.ms + 251), 0);
});
