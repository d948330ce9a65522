import assert from "node:assert/strict";
import { test } from "node:test";

import { problemText } from "../../static/js/problems.js";

const allowed = "a number at least 0";

test("at its own field a problem says only what is allowed", () => {
  const problems = [{ path: "penalty.l1", value: "-1", allowed }];

  assert.equal(problemText({ message: "Refused.", problems }, "penalty.l1"), "Allowed: a number at least 0.");
});

test("what is wrong with every layer in the same way is said once", () => {
  const problems = [0, 1].map((layer) => ({ path: `network.layers[${layer}].initializer.std`, value: "-5", allowed }));

  assert.equal(problemText({ message: "Refused.", problems }, "network.layers[0].initializer.std"), "Allowed: a number at least 0.");
});

test("what is wrong elsewhere is named", () => {
  const problems = [
    { path: "optimizer.momentum", value: "2", allowed: "a number below 1" },
    { path: "batch_size", value: "0", allowed },
  ];

  assert.equal(
    problemText({ message: "Refused.", problems }, "optimizer.momentum"),
    "Allowed: a number below 1. batch_size is 0; allowed: a number at least 0.",
  );
});

test("without fields the message itself is told", () => {
  assert.equal(problemText({ message: "The server is full.", problems: [] }), "The server is full.");
});
