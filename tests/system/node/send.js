// Sends numbered events with a Fluent client, each of which waits for its acknowledgement.
// usage: node send.js LIBRARY MODE PORT NAME COUNT [SECURITY]   with SECURITY as JSON

const [library, mode, port, name, count, security] = process.argv.slice(2);
const records = [...Array(Number(count)).keys()].map((n) => ({
  message: `${name} ${String(n).padStart(4, "0")}`,
  größe: n,
}));
const options = security ? { security: JSON.parse(security) } : {};

async function fluentOrgLogger() {
  const { FluentClient } = require("@fluent-org/logger");
  const client = new FluentClient("node", {
    eventMode: mode,
    socket: { host: "127.0.0.1", port: Number(port), timeout: 10000 },
    ack: { ackTimeout: 20000 },
    ...options,
  });
  await Promise.all(records.map((record) => client.emit("app", record)));
  await client.disconnect();
}

async function fluentLogger() {
  const sender = require("fluent-logger").createFluentSender("node", {
    eventMode: mode,
    host: "127.0.0.1",
    port: Number(port),
    timeout: 10,
    requireAckResponse: true,
    ackResponseTimeout: 20000,
    ...options,
  });
  const emitted = (record) =>
    new Promise((resolve, reject) => {
      sender.on("error", reject);
      sender.emit("app", record, (error) => (error ? reject(error) : resolve()));
    });
  sender.setMaxListeners(0);
  await Promise.all(records.map(emitted));
  sender.end();
}

const clients = { "@fluent-org/logger": fluentOrgLogger, "fluent-logger": fluentLogger };
clients[library]().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
