// The owner of a lock as a process of its own, for recipes.test.ts: takes the lock, says its token, and when it is told to
// write, tells what it believes and with which token it would write.

import { connect } from '../../src/index.ts';

const client = await connect({ servers: process.argv[2] ?? '' });
const lease = await client.lock('paused', { ttlMs: 700 }).acquire();
process.on('message', () => process.send?.({ token: lease.token, isHeld: lease.isHeld }));
lease.signal.addEventListener('abort', () => process.send?.({ lost: true }));
process.send?.({ token: lease.token, isHeld: lease.isHeld });
