import { expect, test } from "vitest";

import { parse } from "./frames";

test("a beat, a delta and a hello are frames", () => {
  expect(parse('{"type":"beat","now":1,"offset":2}')).toEqual({ type: "beat", now: 1, offset: 2 });
  expect(parse('{"type":"delta","now":1,"epoch":"e","offset":2,"full":true,"put":{},"gone":[]}')?.type).toBe("delta");
  expect(parse('{"type":"hello","now":1,"build":"b","beat_s":2}')?.type).toBe("hello");
});

test.each([
  ["", "nothing"],
  ["{", "no JSON"],
  ["null", "null"],
  ["[]", "a list"],
  ['{"type":"beat","now":"1","offset":2}', "a time that is text"],
  ['{"type":"beat","now":1}', "no offset"],
  ['{"type":"delta","now":1,"epoch":"e","offset":2,"full":1,"put":{},"gone":[]}', "full is no boolean"],
  ['{"type":"delta","now":1,"epoch":"e","offset":2,"full":true,"put":null,"gone":[]}', "no put"],
  ['{"type":"hello","now":1,"build":"b","beat_s":0}', "a beat of nothing"],
  ['{"type":"other","now":1}', "an unknown type"],
])("%s is no frame: %s", (text) => {
  expect(parse(text)).toBeNull();
});

test("bytes are no frame", () => {
  expect(parse(new ArrayBuffer(4))).toBeNull();
});
