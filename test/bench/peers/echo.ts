// A process that sends back what it is sent: `node echo.js NATS_URL SUBJECT…`.

import { connectNats } from '../../../src/transport/nats-transport.ts';

const [url = '', ...subjects] = process.argv.slice(2);
const transport = await connectNats({ servers: [url], name: 'echo' });
for (const subject of subjects) {
  transport.subscribe(subject, ({ reply, bytes }) => transport.publish(reply, bytes));
}
