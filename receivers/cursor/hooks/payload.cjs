"use strict";
// What of Cursor's payload is kept. Everything is named here: what is not, is not looked at.

const EVENTS = ["stop", "afterAgentResponse"];
const STATUSES = ["completed", "aborted", "error"];
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;
/** Narrow, so that an address or a sentence in their place is not kept. */
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/+[\]()-]{0,79}$/;
const VERSION = /^\d{1,6}(?:\.[0-9A-Za-z-]{1,20}){1,4}$/;
const MOST = 1_000_000_000;
/** Some versions of Cursor put bytes before the JSON on Windows. */
const PREFIX = 16;

/** @typedef {{ kind: "foreign" | "malformed" } | { kind: "event", event: Record<string, string | number>, cwd: unknown, transcript: unknown }} Told */

/**
 * @param {string} text
 * @returns {Record<string, unknown> | undefined}
 */
function parse(text) {
  const start = text.indexOf("{");
  if (start < 0 || start > PREFIX) return undefined;
  try {
    return JSON.parse(text.slice(start));
  } catch {
    return undefined;
  }
}

/**
 * @param {Record<string, unknown>} payload
 * @param {{ env: Record<string, string | undefined>, nowMs: number }} around
 * @returns {Told}
 */
function tell(payload, { env, nowMs }) {
  const { conversation_id: conversation, generation_id: generation, hook_event_name: event } = payload;
  // Claude Code knows no conversations, and Cursor gives its version to the hooks of others, too.
  const isCursors = typeof payload.cursor_version === "string" || Boolean(env.CURSOR_VERSION);
  if (!isCursors || conversation === undefined || !isOneOf(EVENTS, event)) return { kind: "foreign" };
  if (!isLike(ID, conversation) || !isLike(ID, generation)) return { kind: "malformed" };
  const fields = {
    v: 1,
    at: nowMs,
    event,
    conversation,
    generation,
    model: isLike(MODEL, payload.model) ? payload.model : undefined,
    status: isOneOf(STATUSES, payload.status) ? payload.status : undefined,
    input: countOf(payload.input_tokens),
    output: countOf(payload.output_tokens),
    cacheRead: countOf(payload.cache_read_tokens),
    cacheWrite: countOf(payload.cache_write_tokens),
    version: isLike(VERSION, payload.cursor_version) ? payload.cursor_version : undefined,
  };
  const [root] = Array.isArray(payload.workspace_roots) ? payload.workspace_roots : [];
  return {
    kind: "event",
    event: JSON.parse(JSON.stringify(fields)),
    cwd: root ?? payload.cwd,
    transcript: payload.transcript_path,
  };
}

/**
 * @param {RegExp} pattern
 * @param {unknown} value
 */
function isLike(pattern, value) {
  return typeof value === "string" && pattern.test(value);
}

/**
 * @param {readonly string[]} words
 * @param {unknown} value
 */
function isOneOf(words, value) {
  return typeof value === "string" && words.includes(value);
}

/** @param {unknown} value */
function countOf(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST ? value : undefined;
}

module.exports = { parse, tell };
