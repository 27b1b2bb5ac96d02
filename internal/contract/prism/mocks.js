// Serves a Prism mock of each OpenAPI file named, as `prism mock` does, but all
// in one process: a process for each would cost seconds and 150 MB. Prints one
// line of JSON, {file: address}, once all listen, and ends with its input.
'use strict';

const path = require('path');
const { createLogger } = require('@stoplight/prism-core');
const { getHttpOperationsFromSpec, resetJSONSchemaGenerator } = require('@stoplight/prism-http');
const { createServer } = require('@stoplight/prism-http-server');

async function serve(document) {
  const server = createServer(await getHttpOperationsFromSpec(document), {
    cors: false,
    components: { logger: createLogger('mocks', { level: 'silent' }) },
    config: {
      isProxy: false, validateRequest: true, validateResponse: true, checkSecurity: true, errors: false,
      mock: { dynamic: false }, upstreamProxy: undefined,
    },
  });
  return server.listen(0, '127.0.0.1');
}

async function main(documents) {
  resetJSONSchemaGenerator();
  const addresses = {};
  for (const document of documents) {
    addresses[path.basename(document)] = await serve(document);
  }
  console.log(JSON.stringify(addresses));
}

process.stdin.on('end', () => process.exit(0)).resume();
main(process.argv.slice(2)).catch((err) => {
  console.error(err);
  process.exit(1);
});
