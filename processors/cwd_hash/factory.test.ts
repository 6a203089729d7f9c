import { describeProcessorContract } from "#testkit/processor-contract.ts";
import { cwdHashFactory } from "./factory.ts";

describeProcessorContract(cwdHashFactory, { salt: "a-salt-of-16-characters" });
