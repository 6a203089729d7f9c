import { describeProcessorContract } from "#testkit/processor-contract.ts";
import { categorizeFactory } from "./factory.ts";

describeProcessorContract(categorizeFactory, {});
describeProcessorContract(categorizeFactory, { provider: "ollama" });
describeProcessorContract(categorizeFactory, { provider: "auto" });
describeProcessorContract(categorizeFactory, {
  provider: "cloud",
  endpoint: "https://talos.example.com",
  token: "a-token",
});
