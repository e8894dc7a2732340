import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { type TestContext, test } from 'node:test';
import { watchConnections } from './connections.ts';

const READING = 30_000;

/** A connection with an answer under way, whose progress the test controls. */
function startAnswer(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const server = new EventEmitter();
  const { closeIdle } = watchConnections(server as Server, READING);
  const socket = Object.assign(new EventEmitter(), {
    bytesWritten: 0,
    writableLength: 0,
    destroyed: false,
    destroy: () => (socket.destroyed = true),
    destroySoon: () => (socket.destroyed = true),
  });
  const answer = () => {
    const response = new EventEmitter();
    server.emit('request', { socket }, response);
    return () => response.emit('close');
  };
  server.emit('connection', socket);
  /** Lets time pass until the next check. By then the client has read all but `waiting` of the `written` bytes. */
  const look = (written: number, waiting: number) => {
    Object.assign(socket, { bytesWritten: written, writableLength: waiting });
    t.mock.timers.tick(READING);
    return socket.destroyed;
  };
  return { answer, look, closeIdle, isOpen: () => !socket.destroyed };
}

test('a waiting answer without progress between two checks closes the connection', (t) => {
  const { answer, look } = startAnswer(t);
  answer();
  assert.equal(look(50_000, 20_000), false, 'it may just have begun');
  assert.equal(look(170_000, 20_000), false, 'it got further');
  assert.equal(look(200_000, 50_000), true, 'more was written, and nothing read');
});

test('an answer with nothing waiting for the client does not', (t) => {
  const { answer, look } = startAnswer(t);
  answer();
  for (let n = 0; n < 3; n++) assert.equal(look(50_000, 0), false, 'the database is slow');
  assert.equal(look(70_000, 20_000), false, 'it waits since now');
  assert.equal(look(70_000, 20_000), true);
});

test('an answer that is read a little at a time does, however often', (t) => {
  const { answer, look } = startAnswer(t);
  answer();
  assert.equal(look(500_000, 400_000), false);
  assert.equal(look(700_000, 400_000), false, 'more than 4,000 bytes a second');
  assert.equal(look(800_000, 484_000), true, 'one chunk in half a minute');
});

test('each answer on a connection has its own timeout', (t) => {
  const { answer, look } = startAnswer(t);
  const end = answer();
  assert.equal(look(50_000, 20_000), false);
  end();
  assert.equal(look(50_000, 20_000), false, 'no answer runs');
  answer();
  assert.equal(look(50_000, 20_000), false);
  assert.equal(look(50_000, 20_000), true);
});

test('a stop leaves a busy connection open until its answer is sent', (t) => {
  const { answer, closeIdle, isOpen } = startAnswer(t);
  const end = answer();
  closeIdle();
  assert.equal(isOpen(), true);
  end();
  assert.equal(isOpen(), false);
});

test('a stop closes an idle connection at once, also one that has had an answer', (t) => {
  const { answer, closeIdle, isOpen } = startAnswer(t);
  answer()();
  assert.equal(isOpen(), true);
  closeIdle();
  assert.equal(isOpen(), false);
});
