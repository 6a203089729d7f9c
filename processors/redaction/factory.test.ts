import { describeProcessorContract } from "#testkit/processor-contract.ts";
import { redactionFactory } from "./factory.ts";

describeProcessorContract(redactionFactory, {});
