import { Hono } from "hono";
import * as z from "zod";
import { labelDeveloper, labelProject } from "../store/labels.ts";
import type { ApiEnv } from "./context.ts";
import { Label } from "./label.ts";
import { Refusal } from "./refusal.ts";
import { json, param } from "./validate.ts";

const LabelBody = z.strictObject({ label: Label });
const ProjectPath = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) });
const DeveloperPath = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
});

export const labels = new Hono<ApiEnv>()
  .put("/projects/:hash", param(ProjectPath), json(LabelBody), async (c) => {
    await labelProject(c.env.DB, c.var.viewer.team, c.req.valid("param").hash, c.req.valid("json").label);
    return c.body(null, 204);
  })
  .put("/developers/:id", param(DeveloperPath), json(LabelBody), async (c) => {
    const { id } = c.req.valid("param");
    const found = await labelDeveloper(c.env.DB, c.var.viewer.team, id, c.req.valid("json").label);
    if (!found) throw new Refusal(404, "not_found");
    return c.body(null, 204);
  });
