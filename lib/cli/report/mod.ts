import { type Command, commandWithActions } from "../command.ts";
import { exampleAction } from "./example.ts";
import { testAction } from "./test.ts";

/** `icinga-warden report` */
export const reportCommand: Command = commandWithActions(
  "report",
  "what the daemon icinga_report needs on Icinga's side, and whether it gets through",
  { example: exampleAction, test: testAction },
);
