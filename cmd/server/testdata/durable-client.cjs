/**
 * The client of npm's durable-functions, as it comes, works with a server: `node durable-client.cjs MODULES URL`.
 * Its two ways to an address are tried: the payload of management URLs, and rpcBaseUrl. Prints what failed; exits with 1.
 */
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");

const [modules, url] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const { EntityId, OrchestrationRuntimeStatus } = load("durable-functions");
const { DurableClient } = load("durable-functions/lib/src/durableClient/DurableClient");

const base = `${url}/runtime/webhooks/durabletask`;
const query = "taskHub=Everturn&connection=Storage";
const managed = (rest) => `${base}/instances/INSTANCEID${rest}${rest.includes("?") ? "&" : "?"}${query}`;
const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
const payload = {
  taskHubName: "Everturn",
  creationUrls: {
    createNewInstancePostUri: `${create}?${query}`,
    createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
  },
  managementUrls: {
    id: "INSTANCEID",
    statusQueryGetUri: managed(""),
    sendEventPostUri: managed("/raiseEvent/{eventName}"),
    terminatePostUri: managed("/terminate?reason={text}"),
    rewindPostUri: managed("/rewind?reason={text}"),
    purgeHistoryDeleteUri: managed(""),
    suspendPostUri: managed("/suspend?reason={text}"),
    resumePostUri: managed("/resume?reason={text}"),
    restartPostUri: managed("/restart"),
  },
  baseUrl: base,
  requiredQueryStringParameters: query,
};

/** Looks again until what it sees is wanted. */
async function until(look, wanted) {
  for (const late = Date.now() + 20_000; ; ) {
    const seen = await look();
    if (wanted(seen)) return seen;
    assert(Date.now() < late, `still ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function goThrough(client, key) {
  const reaches = (id, state) => until(() => client.getStatus(id), (s) => s.runtimeStatus === state);

  const hello = await client.startNew("hello", { input: ["Tokyo", "Oslo"] });
  assert.deepEqual((await reaches(hello, "Completed")).output, ["Hello, Tokyo!", "Hello, Oslo!"]);

  const approval = await client.startNew("approval", { instanceId: `approval-${key}`, input: { timeout: 600 } });
  await reaches(approval, "Running");
  await client.raiseEvent(approval, "Approval", true);
  assert.equal((await reaches(approval, "Completed")).output.approved, true);

  const eternal = await client.startNew("eternal");
  await reaches(eternal, "Running");
  await client.suspend(eternal, "tea");
  await reaches(eternal, "Suspended");
  await client.resume(eternal, "go on");
  await reaches(eternal, "Running");
  await client.terminate(eternal, "enough");
  assert.equal((await reaches(eternal, "Terminated")).output, "enough");

  const failing = await client.startNew("failing", { input: key });
  await reaches(failing, "Failed");
  const counter = new EntityId("counter", key);
  assert.equal((await client.readEntityState(counter)).entityExists, false);
  await client.signalEntity(counter, "add", 1);
  assert.equal((await until(() => client.readEntityState(counter), (e) => e.entityExists)).entityState, 1);
  await client.rewind(failing, "mended");
  assert.equal((await reaches(failing, "Completed")).output, "mended");

  const waited = await client.waitForCompletionOrCreateCheckStatusResponse({ url: base, method: "GET" }, hello, {
    timeoutInMilliseconds: 20_000,
    retryIntervalInMilliseconds: 100,
  });
  assert.equal(waited.status, 200);
  const since = new Date(Date.now() - 3_600_000);
  const runtimeStatus = [OrchestrationRuntimeStatus.Completed];
  assert((await client.getStatusAll()).length >= 4);
  assert.equal((await client.getStatusBy({ createdTimeFrom: since, runtimeStatus })).length, 3);
  assert.equal((await client.purgeInstanceHistory(hello)).instancesDeleted, 1);
  assert.equal((await client.purgeInstanceHistoryBy({ createdTimeFrom: since, runtimeStatus })).instancesDeleted, 2);
  await assert.rejects(client.raiseEvent(hello, "Approval", true), /No instance/);
}

(async () => {
  await goThrough(new DurableClient(payload), "by-payload");
  await goThrough(new DurableClient({ ...payload, rpcBaseUrl: `${base}/` }), "by-rpc");
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
