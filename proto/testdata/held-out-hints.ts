import type { Category } from "../categories.ts";
import { LABELLED_PROMPTS } from "../../processors/categorize/testdata/labelled-prompts.ts";
import type { HarmlessHint } from "./harmless-hints.ts";

/**
 * Harmless hints that were written when the vocabulary was finished. Which of them are dropped is not looked at, and
 * none of their words is added: theirs is the figure to be quoted. Place of the prompt, task, project.
 */
const ABOUT: Readonly<Record<Category, readonly [place: number, task: string, project: string][]>> = {
  feature: [
    [8, "Notify customers via webhook", "order system"],
    [11, "Connect a search field to the backend with debouncing", "search feature"],
    [12, "Filter orders by date range", "order list"],
    [14, "Let new users skip the introduction", "onboarding assistant"],
  ],
  bugfix: [
    [4, "Avoid duplicates when tags are renamed", "tagging feature"],
    [6, "Make search work with special characters", "full-text search"],
    [9, "Correct a spelling mistake in a message", ""],
    [11, "Navigate back to the right page after payment", "store checkout"],
    [15, "Hide a tooltip reliably", "user interface"],
  ],
  refactor: [
    [6, "Flatten nested conditions", ""],
    [10, "Reduce the number of states in a class", "order handling"],
    [12, "Move to functional components", "front-end widgets"],
    [15, "Make function names consistent", ""],
  ],
  test: [
    [5, "Refresh outdated snapshots", "UI tests"],
    [6, "Raise test coverage", "language parser"],
    [7, "Reproduce a reported defect with a test", ""],
    [12, "Reduce repetition in test cases", "Python test suite"],
    [15, "Prepare sample users for tests", "role management"],
  ],
  debug: [
    [7, "Investigate unexpectedly closed connections", "websocket server"],
    [8, "Explain an initially empty list", "client application"],
    [10, "Analyze logs of a nightly batch job", "batch operations"],
    [13, "Crash analysis of native image code", "graphics library"],
    [15, "Add diagnostics to a cache", ""],
  ],
  review: [
    [2, "Suggest improvements to recent changes", ""],
    [6, "Check a change for omissions", ""],
    [9, "Decide whether a change can be merged", ""],
    [10, "Concurrency review of a patch", "multithreaded program"],
    [12, "Look for flaws in a rewritten scheduler", "task scheduling"],
    [14, "Judge error handling practice", ""],
  ],
  docs: [
    [4, "Explain complicated code in comments", "memory allocator"],
    [6, "Announce a new version in friendly words", ""],
    [7, "Extend contribution guidelines", "open source project"],
    [10, "Describe changes for version control", ""],
    [15, "Summarize a week's work for reviewers", ""],
  ],
  explore: [
    [1, "Detailed explanation of some code", ""],
    [5, "Identify dependencies between services", "microservice architecture"],
    [7, "Clarify the meaning of a setting", ""],
    [11, "Learn about generic types by example", "typed language"],
    [12, "Explain what a script does", "shell scripting"],
    [14, "Find an existing utility function", ""],
  ],
  plan: [
    [5, "Estimate the cost of changing a search technology", "search infrastructure"],
    [8, "Architecture for sending notifications", "notification service"],
    [10, "Evaluate an architectural pattern for a small team", ""],
    [11, "Plan a pricing change with a way back", "subscription pricing"],
    [13, "Naming conventions for feature switches", ""],
    [14, "Find a safe order for breaking changes", "client-server system"],
  ],
  ops: [
    [5, "Automate certificate renewal", "API gateway"],
    [7, "Return to an earlier release", "live system"],
    [10, "Restricted cloud permissions for reporting", "cloud access management"],
    [11, "Run a background service reliably", "Linux daemon"],
    [14, "Scale workers with the load", "distributed processing"],
    [15, "Adjust firewall rules for remote access", "office network"],
  ],
  build: [
    [2, "Set up code quality tools", "JavaScript project"],
    [7, "Automatically publish a package on release", "package distribution"],
    [9, "Enable stricter type checks", "TypeScript project"],
    [12, "Create shortcuts for common build steps", ""],
    [14, "Build for several platforms", "native command line program"],
  ],
  data: [
    [4, "Prepare a table for soft deletion", "order database"],
    [7, "Join two tables and report differences", "customer data"],
    [11, "Speed up a lookup with an index", ""],
    [13, "Generate realistic sample data", "development environment"],
    [14, "Average duration of sessions", "usage analytics"],
  ],
  other: [
    [3, "Greeting", ""],
    [4, "Choose another option", ""],
    [9, "Question about the assistant itself", ""],
    [11, "Withdraw an earlier request", ""],
    [14, "Ask for a recap of the conversation", ""],
  ],
};

export const HELD_OUT_HINTS: readonly HarmlessHint[] = Object.entries(ABOUT).flatMap(([category, hints]) =>
  hints.flatMap(([place, task, project]) =>
    [task, project]
      .filter((hint) => hint !== "")
      .map((hint) => ({ prompt: LABELLED_PROMPTS[category as Category][place] ?? "", hint })),
  ),
);
