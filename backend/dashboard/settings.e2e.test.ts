import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROLES, type Role, isAtLeast } from "../domain/role.ts";
import { hasBrowser } from "../test/harness/browser.ts";
import { violations } from "./testkit/browser.ts";
import { Stage, type Tab } from "./testkit/stage.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SCREENSHOTS = here("../../docs/screenshots/");
const PATHS = ["", "/privacy", "/members", "/agents", "/audit", "/keys", "/account"].map(
  (rest) => `/settings${rest}`,
);
const MODES = ["Counts only", "Categories, made locally", "Categories, made in transit", "Full content"];
const NARROW = { viewport: { width: 390, height: 844 } };

describe.skipIf(!hasBrowser)("the settings in a browser", () => {
  const stage = new Stage();
  beforeAll(() => stage.start());
  afterAll(() => stage.close());
  afterEach(() => stage.closeTabs());

  // oxlint-disable-next-line vitest/require-awaited-expect-poll -- each caller awaits it
  const eventually = (look: () => unknown) => expect.poll(look, { timeout: 15_000 });
  const panel = (page: Page, title: string) => page.getByRole("region", { name: title, exact: true });
  const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });
  const row = (within: Page | Locator, text: string) => within.locator("tbody tr", { hasText: text });

  async function show(page: Page, path: string): Promise<void> {
    await page.goto(path);
    await settled(page);
  }

  /** Everything that the page asked for is there. */
  async function settled(page: Page): Promise<void> {
    await page.locator(".settings-page, .message").first().waitFor();
    await eventually(() =>
      page.locator(".settings-page .is-busy, [role=status]:text('Loading…')").count(),
    ).toBe(0);
  }

  /** Presses a button and says yes to what is asked. */
  async function confirm(
    within: Page | Locator,
    name: string,
    verb = name.split(":")[0] ?? "",
  ): Promise<void> {
    await button(within, name).click();
    await within.locator(".asking").getByRole("button", { name: verb, exact: true }).click();
  }

  const focused = (page: Page) =>
    page.evaluate(
      () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent,
    );

  describe("each role", () => {
    const TEAM = "Walk";
    let machine = "";
    const manage = ["Rename", "Save", "Bring it by managed policy", "Delete: Platform", "Take these groups"];

    /** Every button of every page, for each role. A page that is not listed is not that role's. */
    const BUTTONS: Record<Role, Record<string, () => string[]>> = {
      viewer: {
        Team: () => [],
        Privacy: () => MODES,
        "My account": () => ["Save", "Copy Command", "Sign out everywhere"],
      },
      manager: {
        Team: () => [],
        Privacy: () => MODES,
        Members: () => [],
        Machines: () => [],
        "My account": () => ["Save", "Copy Command", "Sign out everywhere"],
      },
      admin: {
        Team: () => manage,
        Privacy: () => MODES,
        Members: () => ["Remove: viewer", "Remove: manager", "Invite", "Revoke: grace@example.com"],
        Machines: () => [
          "One person",
          "Many machines, by MDM",
          "Make the token",
          "Revoke: seed",
          "Revoke: a machine of Ada",
          `Revoke: a machine of ${machine}`,
        ],
        "Audit log": () => ["Check the chain"],
        "API keys": () => ["Make the key", "Revoke: Grafana"],
        "My account": () => ["Save", "Copy Command", "Sign out everywhere"],
      },
      owner: {},
    };
    BUTTONS.owner = {
      ...BUTTONS.admin,
      Privacy: () => [...MODES, "Show names", "Save"],
      Members: () => [...(BUTTONS.admin["Members"]?.() ?? []), "Remove: admin"],
    };
    const TITLES = ["Team", "Privacy", "Members", "Machines", "Audit log", "API keys", "My account"];

    beforeAll(async () => {
      await stage.team(TEAM);
      const owner = await stage.member(TEAM, "owner");
      const [made] = await stage.machines(owner, 1);
      machine = made?.developer.label ?? "";
      for (const role of ROLES) await stage.member(TEAM, role);
      await stage.ask(owner, "POST /api/invites", { email: "grace@example.com", role: "viewer" });
      await stage.ask(owner, "PUT /api/groups/csv", {
        csv: `developer,group\n${made?.developer.id},Platform\n`,
      });
      await stage.ask(owner, "POST /api/keys", { label: "Grafana", scopes: ["reports:read"] });
      await stage.closeTabs();
    });

    it.each(ROLES)("%s: sees its pages and what it may do there, and nothing else", async (role) => {
      const { page, complaints } = await stage.member(TEAM, role);
      const refused: string[] = [];
      page.on("response", (answer) => {
        if (answer.status() >= 400) refused.push(`${answer.status()} ${answer.url()}`);
      });
      for (const [index, title] of TITLES.entries()) {
        await show(page, PATHS[index] ?? "");
        expect(await page.locator("h1").textContent()).toBe(title);
        const mine = Object.keys(BUTTONS[role]);
        expect(await page.locator(".settings-nav a").allTextContents()).toEqual(mine);
        const shown = await page
          .locator(".settings-page button")
          .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label") ?? each.textContent));
        expect(shown.toSorted(), `${title} for ${role}`).toEqual((BUTTONS[role][title]?.() ?? []).toSorted());
        const isMine = mine.includes(title);
        expect((await page.locator(".settings-page section").count()) > 0).toBe(isMine);
        expect(await page.locator(".settings-page > [role=alert]").count()).toBe(isMine ? 0 : 1);
        expect(await page.title()).toBe(`${title} · Talos Auditor`);
      }
      // What a page asks for is answered: nothing is asked for that this role may not have.
      expect(refused).toEqual([]);
      expect(complaints).toEqual([]);
    });

    it.each(ROLES)("%s: may give the roles that it may, and no others", async (role) => {
      const { page } = await stage.member(TEAM, role);
      await show(page, "/settings/members");
      const choices = await page
        .locator("select[aria-label^='Role of']")
        .evaluateAll((all) =>
          all.map((each) => [
            each.getAttribute("aria-label"),
            [...each.querySelectorAll("option")].map((option) => option.value),
          ]),
        );
      const mayGive = ROLES.filter((each) => each !== "owner" || role === "owner");
      const expected = !isAtLeast(role, "admin") ? [] : mayGive.map((each) => [`Role of ${each}`, mayGive]);
      const sorted = (all: unknown[]) => all.map((each) => JSON.stringify(each)).toSorted();
      expect(sorted(choices)).toEqual(sorted(expected));
    });

    it.each(ROLES)("%s: sees what is in force", async (role) => {
      const { page } = await stage.member(TEAM, role);
      await show(page, "/settings/privacy");
      expect(await page.locator(".mode-meaning").textContent()).toContain("In force.");
      expect(await panel(page, "Names").textContent()).toContain("Shown now: pseudonyms");
      expect(await panel(page, "Retention").textContent()).toContain("90 days");
      // One machine's mode would be somebody's.
      const counts = panel(page, "In force on machines");
      expect(await counts.count()).toBe(isAtLeast(role, "manager") ? 1 : 0);
      expect(await counts.locator("dd").count()).toBe(0);
      await show(page, "/settings");
      const data = await stage.ask({ page, complaints: [] }, "GET /api/team");
      expect(await panel(page, "This team").textContent()).toContain(String(data["fingerprint"]));
      expect(await panel(page, "Developers").count()).toBe(isAtLeast(role, "manager") ? 1 : 0);
      expect(await row(panel(page, "Groups"), "Platform").count()).toBe(1);
    });
  });

  describe("the team", () => {
    it("is renamed as its admin likes, also as another team is called", async () => {
      await stage.team("Rename");
      await stage.team("Taken");
      const { page, complaints } = await stage.member("Rename", "admin");
      await show(page, "/settings");
      const about = panel(page, "This team");
      expect(await button(about, "Rename").isDisabled()).toBe(true);
      await about.getByLabel("Name of the team").fill("Taken");
      await button(about, "Rename").click();
      await about.getByText("Renamed.", { exact: true }).waitFor();
      await eventually(() => page.locator(".team").textContent()).toBe("Taken");
      await about.getByLabel("Name of the team").fill("Renamed <b>& co</b>");
      await page.keyboard.press("Enter");
      await eventually(() => page.locator(".team").textContent()).toBe("Renamed <b>& co</b>");
      await page.reload();
      await settled(page);
      expect(await about.getByLabel("Name of the team").inputValue()).toBe("Renamed <b>& co</b>");
      expect(complaints).toEqual([]);
    });

    it("turns on what machines may add, and says who makes the salt", async () => {
      await stage.team("Features");
      const tab = await stage.member("Features", "admin");
      const { page } = tab;
      await show(page, "/settings");
      const features = panel(page, "What machines may add");
      await features.getByLabel(/^Project identity/).check();
      await button(features, "Save").click();
      await features.getByText("Saved.").waitFor();
      const salt = panel(page, "Salt of folders' hashes");
      await confirm(salt, "Bring it by managed policy");
      await button(salt, "Let this server make it").waitFor();
      expect(await stage.ask(tab, "GET /api/team")).toMatchObject({
        features: { projects: true, activity: false },
        saltPolicy: "managed",
      });
      await page.reload();
      await settled(page);
      expect(await features.getByLabel(/^Project identity/).isChecked()).toBe(true);
      expect(await features.getByLabel(/^Activity/).isChecked()).toBe(false);
    });

    it("takes groups from CSV, says what was wrong with it, and deletes a group", async () => {
      await stage.team("Groups");
      const tab = await stage.member("Groups", "admin");
      const [first, second] = await stage.machines(tab, 2);
      const { page } = tab;
      await show(page, "/settings");
      const groups = panel(page, "Groups");
      expect(await groups.textContent()).toContain("No groups yet.");
      const file = groups.getByLabel("Groups from CSV");
      await file.fill("name;team\nAda;Platform");
      await button(groups, "Take these groups").click();
      await groups.getByText(/^The file needs a first line/).waitFor();
      expect(await file.inputValue()).toContain("Ada;Platform");
      const unknown = `dev_${"0".repeat(24)}`;
      await file.fill(
        `developer,group\n${first?.developer.id},Platform\n${second?.developer.id},Platform\n${unknown},Other\n`,
      );
      await button(groups, "Take these groups").click();
      await groups.getByText(`1 group with 2 developers. Not in this team: ${unknown}.`).waitFor();
      expect(await file.inputValue()).toBe("");
      expect(await row(groups, "Platform").locator("td").allTextContents()).toEqual([
        "a CSV file",
        "2",
        "Delete",
      ]);
      await show(page, "/settings");
      expect(await row(panel(page, "Developers"), first?.developer.id ?? "").textContent()).toContain(
        "Platform",
      );
      await confirm(groups, "Delete: Platform");
      await groups.getByText("No groups yet.").waitFor();
      // Whoever uses the keyboard goes on from where the button was.
      expect(await groups.evaluate((element) => element === document.activeElement)).toBe(true);
    });
  });

  describe("the privacy mode", () => {
    it("is loosened by an owner alone, who types its name after reading what follows", async () => {
      await stage.team("Mode");
      const tab = await stage.member("Mode", "owner");
      const { page, complaints } = tab;
      await show(page, "/settings/privacy");
      const mode = panel(page, "Privacy mode");
      await button(mode, "Categories, made locally").click();
      expect(await mode.locator(".mode-meaning").textContent()).toContain("Not in force yet.");
      expect(await mode.locator(".consequences").textContent()).toContain("Each developer is asked");
      const change = button(mode, "Change to “Categories, made locally”");
      expect(await change.isDisabled()).toBe(true);
      await mode.getByLabel("Type categorize_local to confirm").fill("full");
      expect(await change.isDisabled()).toBe(true);
      await mode.getByLabel("Type categorize_local to confirm").fill("categorize_local");
      await change.click();
      await mode.getByText(/^Changed\. Machines learn it/).waitFor();
      expect(await mode.locator(".mode-meaning").textContent()).toContain("In force.");
      await eventually(() => page.locator("footer").textContent()).toContain(
        "Privacy mode: Categories, made locally",
      );
      expect(await stage.ask(tab, "GET /api/team")).toMatchObject({ mode: "categorize_local" });
      expect(complaints).toEqual([]);
    });

    it("is tightened by an admin, who may not loosen it again", async () => {
      await stage.team("Tighten");
      const owner = await stage.member("Tighten", "owner");
      await stage.ask(owner, "PUT /api/team/mode", { mode: "full", confirm: "full" });
      const { page } = await stage.member("Tighten", "admin");
      await show(page, "/settings/privacy");
      const mode = panel(page, "Privacy mode");
      await button(mode, "Counts only").click();
      await button(mode, "Change to “Counts only”").click();
      await mode.getByText(/^Changed\./).waitFor();
      await button(mode, "Full content").click();
      expect(await mode.textContent()).toContain("Only an owner can change to this mode.");
      expect(await mode.getByRole("button", { name: /^Change to/ }).count()).toBe(0);
      expect(await mode.getByRole("textbox").count()).toBe(0);
    });

    it("that was changed meanwhile is refused in words, and stays", async () => {
      await stage.team("Meanwhile");
      const owner = await stage.member("Meanwhile", "owner");
      await stage.ask(owner, "PUT /api/team/mode", { mode: "full", confirm: "full" });
      const { page } = await stage.member("Meanwhile", "admin");
      await show(page, "/settings/privacy");
      await button(page, "Categories, made locally").click();
      await stage.ask(owner, "PUT /api/team/mode", { mode: "off" });
      await button(page, "Change to “Categories, made locally”").click();
      await page
        .getByText("Your role does not allow this. An owner or admin of the team can do it.")
        .waitFor();
      expect(await stage.ask(owner, "GET /api/team")).toMatchObject({ mode: "off" });
    });

    it.each(["viewer", "manager"] as const)("is for a %s to read, not to change", async (role) => {
      await stage.team("Readers");
      const { page } = await stage.member("Readers", role);
      await show(page, "/settings/privacy");
      for (const label of MODES.slice(1)) {
        await button(page, label).click();
        expect(await page.getByText(/^Only an owner can change to this mode\.$/).count()).toBe(1);
        expect(await page.locator(".settings-page form").count()).toBe(0);
      }
    });

    it("counts in force are shown from five developers on", async () => {
      await stage.team("Counts");
      const owner = await stage.member("Counts", "owner");
      const machines = await stage.machines(owner, 5);
      for (const each of machines.slice(0, 4)) await stage.report(each);
      await show(owner.page, "/settings/privacy");
      const counts = panel(owner.page, "In force on machines");
      expect(await counts.textContent()).toContain("belong to fewer than five developers");
      expect(await counts.locator("dd").count()).toBe(0);
      for (const each of machines) await stage.report(each);
      await show(owner.page, "/settings/privacy");
      expect(await counts.locator("dd").allTextContents()).toEqual(["5", "0", "0", "0"]);
    });
  });

  it("names are shown and hidden by an owner, and content is kept as long as an owner says", async () => {
    await stage.team("Names");
    const owner = await stage.member("Names", "owner");
    const { page } = owner;
    const { secret } = await stage.ask<{ secret: string }>(owner, "POST /api/enrolment-tokens", {
      kind: "person",
      name: "Grace Hopper",
    });
    await stage.enrol(secret);
    await show(page, "/settings");
    expect(await panel(page, "Developers").textContent()).not.toContain("Grace");
    await show(page, "/settings/privacy");
    await confirm(panel(page, "Names"), "Show names");
    await button(page, "Show pseudonyms").waitFor();
    const retention = panel(page, "Retention");
    await retention.getByLabel("Kept for").selectOption("30 days");
    await button(retention, "Save").click();
    await retention.getByText("Saved.").waitFor();
    expect(await stage.ask(owner, "GET /api/team")).toMatchObject({ visibility: "names", retentionDays: 30 });
    await show(page, "/settings");
    expect(await panel(page, "Developers").textContent()).toContain("Grace Hopper");
    await show(page, "/settings/privacy");
    await confirm(panel(page, "Names"), "Show pseudonyms");
    await button(page, "Show names").waitFor();
    await show(page, "/settings");
    expect(await panel(page, "Developers").textContent()).not.toContain("Grace");
  });

  describe("an invite", () => {
    async function invite(admin: Tab, email: string, role: string): Promise<string> {
      await show(admin.page, "/settings/members");
      const form = panel(admin.page, "Invite somebody");
      await form.getByLabel("E-mail").fill(email);
      await form.getByLabel("Role").selectOption(role);
      await button(form, "Invite").click();
      return (await form.locator(".shown-once code").textContent()) ?? "";
    }

    it("makes whoever opens its link a member, once", async () => {
      await stage.team("Invites");
      const admin = await stage.member("Invites", "admin");
      const link = await invite(admin, "Grace@Example.com", "Manager");
      expect(link).toMatch(/\/invite#[\w-]{20,}$/);
      const guest = await stage.tab();
      await guest.page.goto(link);
      await guest.page.getByRole("heading", { name: "You are invited" }).waitFor();
      expect(guest.page.url()).toBe(`${stage.url}/invite`);
      expect(await button(guest.page, "Join the team").isDisabled()).toBe(true);
      await guest.page.getByLabel("Your name").fill("Grace");
      await guest.page.keyboard.press("Enter");
      await guest.page.locator(".team").waitFor();
      expect(guest.page.url()).toBe(`${stage.url}/`);
      await show(guest.page, "/settings/account");
      expect(await panel(guest.page, "Who I am").textContent()).toContain("Manager · shown now");
      expect(guest.complaints).toEqual([]);

      await show(admin.page, "/settings/members");
      expect(await row(panel(admin.page, "People who look"), "Grace").textContent()).toContain(
        "grace@example.com",
      );
      expect(await row(panel(admin.page, "Invites"), "grace@example.com").textContent()).toContain(
        "accepted",
      );

      const second = await stage.tab();
      await second.page.goto(link);
      await second.page.getByLabel("Your name").fill("Mallory");
      await second.page.keyboard.press("Enter");
      await second.page.getByText("This invite no longer works").waitFor();
      await second.page.goto("/settings");
      await second.page.getByRole("heading", { name: "You are signed out" }).waitFor();
    });

    it("that was revoked or is too old says so", async () => {
      await stage.team("Old invites");
      const admin = await stage.member("Old invites", "admin");
      const revoked = await invite(admin, "a@example.com", "Viewer");
      await confirm(panel(admin.page, "Invites"), "Revoke: a@example.com");
      await row(panel(admin.page, "Invites"), "a@example.com").getByText("revoked").waitFor();
      const old = await invite(admin, "b@example.com", "Viewer");
      await stage.tamper("UPDATE invites SET expires_at = 1000 WHERE email = 'b@example.com'");
      for (const link of [revoked, old, `${stage.url}/invite#invented`]) {
        const { page } = await stage.tab();
        await page.goto(link);
        await page.getByLabel("Your name").fill("Mallory");
        await page.keyboard.press("Enter");
        await page.getByText("Ask for a new one.").waitFor();
        expect(await page.context().cookies()).toEqual([]);
      }
      await show(admin.page, "/settings/members");
      expect(await row(panel(admin.page, "Invites"), "b@example.com").textContent()).toContain("expired");
    });

    it("without a code says how to open it", async () => {
      const { page, complaints } = await stage.tab();
      await page.goto("/invite");
      await page.getByText("Open the invite's link as it was sent").waitFor();
      expect(complaints).toEqual([]);
    });

    it("to a member is refused in words", async () => {
      await stage.team("Members already");
      const admin = await stage.member("Members already", "admin");
      const link = await invite(admin, "c@example.com", "Viewer");
      const guest = await stage.tab();
      await guest.page.goto(link);
      await guest.page.getByLabel("Your name").fill("C");
      await guest.page.keyboard.press("Enter");
      await guest.page.locator(".team").waitFor();
      await show(admin.page, "/settings/members");
      await admin.page.getByLabel("E-mail").fill("C@example.com");
      await button(admin.page, "Invite").click();
      await admin.page.getByText("This person is a member already.").waitFor();
    });
  });

  describe("members", () => {
    it("get other roles, and see what their new role may", async () => {
      await stage.team("Roles");
      const owner = await stage.member("Roles", "owner");
      const other = await stage.member("Roles", "viewer");
      await show(other.page, "/settings");
      await show(owner.page, "/settings/members");
      const people = panel(owner.page, "People who look");
      await people.getByLabel("Role of viewer").selectOption("Admin");
      await button(people, "Keep viewer").click();
      expect(await people.getByLabel("Role of viewer").inputValue()).toBe("viewer");
      await people.getByLabel("Role of viewer").selectOption("Admin");
      await confirm(people, "Make admin: viewer");
      await eventually(() => people.getByLabel("Role of viewer").inputValue()).toBe("admin");
      await show(other.page, "/settings/audit");
      expect(await row(other.page, "member.role").count()).toBe(1);
    });

    it("a last owner stays one, in words", async () => {
      await stage.team("Last owner");
      const owner = await stage.member("Last owner", "owner");
      await show(owner.page, "/settings/members");
      const people = panel(owner.page, "People who look");
      await people.getByLabel("Role of owner").selectOption("Viewer");
      await confirm(people, "Make viewer: owner");
      await people.getByText("A team needs an owner: make somebody else one first.").waitFor();
      await button(people, "Cancel").click();
      await button(people, "Keep owner").click();
      expect(await people.getByLabel("Role of owner").inputValue()).toBe("owner");
    });

    it("an owner who steps back sees at once what is left", async () => {
      await stage.team("Step back");
      await stage.member("Step back", "owner", { viewer: "first" });
      const { page } = await stage.member("Step back", "owner", { viewer: "second" });
      await show(page, "/settings/members");
      await page.getByLabel("Role of second").selectOption("Viewer");
      await confirm(page, "Make viewer: second");
      await page.getByText("This page is for managers of the team and above; you are a viewer.").waitFor();
      expect(await page.locator(".settings-nav a").allTextContents()).toEqual([
        "Team",
        "Privacy",
        "My account",
      ]);
    });

    it("who are removed are signed out at once", async () => {
      await stage.team("Remove");
      const admin = await stage.member("Remove", "admin");
      const other = await stage.member("Remove", "manager");
      await show(other.page, "/settings/members");
      await show(admin.page, "/settings/members");
      await confirm(admin.page, "Remove: manager");
      await eventually(() => button(admin.page, "Remove: manager").count()).toBe(0);
      await other.page.getByRole("heading", { name: "You are signed out" }).waitFor();
      expect(await other.page.locator("body").innerText()).not.toContain("Remove");
    });
  });

  describe("machines", () => {
    it("join by a token for one person, whose command is shown once", async () => {
      await stage.team("Person");
      const admin = await stage.member("Person", "admin");
      const { page } = admin;
      await show(page, "/settings/agents");
      const form = panel(page, "Add machines");
      await form.getByLabel("What it is for").fill("Ada's laptop");
      await form.getByLabel("Their name").fill("Ada Lovelace");
      await form.getByLabel("Valid for").selectOption("a day");
      await button(form, "Make the token").click();
      const command = (await form.locator(".shown-once code").textContent()) ?? "";
      const [, token = ""] = /^talos enroll (tep_\S+) --endpoint (\S+)$/.exec(command) ?? [];
      expect(command.endsWith(` --endpoint ${stage.url}`)).toBe(true);
      // It is where a screen reader and the next press of Tab go on.
      expect(await page.evaluate(() => document.activeElement?.className)).toBe("shown-once");
      expect(await row(panel(page, "Enrolment tokens"), "Ada's laptop").textContent()).toMatch(
        /0 of 1.*open/,
      );
      expect((await stage.enrol(token)).status).toBe(200);
      expect((await stage.enrol(token)).status).toBe(401);
      await gone(page, token);
      expect(await row(panel(page, "Enrolment tokens"), "Ada's laptop").textContent()).toMatch(
        /1 of 1.*used up/,
      );
      expect(await panel(page, "Machines").locator("tbody tr").count()).toBe(2);
    });

    it("join by a token for many, with a command for each system", async () => {
      await stage.team("Bulk");
      const admin = await stage.member("Bulk", "admin");
      const { page } = admin;
      await show(page, "/settings/agents");
      const form = panel(page, "Add machines");
      await button(form, "Many machines, by MDM").click();
      await form.getByLabel("How many machines").fill("0");
      expect(await button(form, "Make the token").isDisabled()).toBe(true);
      await form.getByLabel("How many machines").fill("2");
      await form.getByLabel("What it is for").fill("Rollout");
      await button(form, "Make the token").click();
      await form.locator(".shown-once").waitFor();
      const [unix = "", windows = ""] = await form.locator(".shown-once code").allTextContents();
      const [, token = ""] =
        /^TALOS_ENROLMENT_TOKEN=(teb_\S+) talos enroll --unattended --endpoint (\S+)$/.exec(unix) ?? [];
      expect(windows).toBe(
        `$env:TALOS_ENROLMENT_TOKEN="${token}"; talos enroll --unattended --endpoint ${stage.url}`,
      );
      // One person's two machines are one developer.
      expect((await stage.enrol(token, "ada")).status).toBe(200);
      expect((await stage.enrol(token, "ada")).status).toBe(200);
      expect((await stage.enrol(token, "bob")).status).toBe(401);
      await gone(page, token);
      const labels = await panel(page, "Machines").locator("tbody th bdi").allTextContents();
      expect(labels).toHaveLength(3);
      expect(new Set(labels).size).toBe(2);
    });

    /** After going elsewhere and back, after a reload, and after the browser put the page away. */
    async function gone(page: Page, secret: string): Promise<void> {
      expect(await page.content()).toContain(secret);
      const path = new URL(page.url()).pathname;
      await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
      await eventually(() => page.content()).not.toContain(secret);
      await page.getByRole("link", { name: "Privacy", exact: true }).click();
      await panel(page, "Privacy mode").waitFor();
      await page.goBack();
      await settled(page);
      expect(await page.content()).not.toContain(secret);
      await show(page, path);
      expect(await page.content()).not.toContain(secret);
      const kept = await page.evaluate(() =>
        JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), history.state]),
      );
      expect(kept).not.toContain(secret);
    }

    it("and tokens are revoked at once", async () => {
      await stage.team("Revoke");
      const admin = await stage.member("Revoke", "admin");
      const [machine] = await stage.machines(admin, 1);
      if (machine === undefined) throw new Error("no machine");
      expect(await stage.report(machine)).toBe(204);
      const { page } = admin;
      await show(page, "/settings/agents");
      const mine = row(panel(page, "Machines"), machine.agent);
      expect(await mine.locator("[data-label=Waiting]").textContent()).toBe("12");
      await confirm(mine, `Revoke: a machine of ${machine.developer.label}`);
      await mine.getByText(/^revoked /).waitFor();
      expect(await stage.report(machine)).toBe(403);
      await confirm(panel(page, "Enrolment tokens"), "Revoke: seed");
      await row(panel(page, "Enrolment tokens"), "seed").getByText("revoked").waitFor();
      expect(await button(page, "Revoke: seed").count()).toBe(0);
    });

    it("of somebody who is known can be chosen among all", async () => {
      await stage.team("Crowd");
      const admin = await stage.member("Crowd", "owner");
      const machines = await stage.machines(admin, 103);
      const { page } = admin;
      await show(page, "/settings/agents");
      const last = machines.at(-1);
      await page.getByLabel("Whose machine").selectOption(last?.developer.id ?? "");
      expect(await page.getByLabel("Their name").count()).toBe(0);
      await button(page, "Make the token").click();
      await row(panel(page, "Enrolment tokens"), last?.developer.label ?? "").waitFor();

      // Long lists come in pages, and grow in place.
      for (const [path, title, all] of [
        ["/settings/agents", "Machines", 104],
        ["/settings", "Developers", 104],
        ["/settings/audit", "What was done", 106],
      ] as const) {
        await show(page, path);
        const rows = panel(page, title).locator("tbody tr");
        expect(await rows.count()).toBe(100);
        await button(panel(page, title), "Show more").click();
        await eventually(() => rows.count()).toBe(all);
        expect(await button(panel(page, title), "Show more").count()).toBe(0);
      }
    });
  });

  it("an API key is shown once, reads what it may, and is worth nothing when revoked", async () => {
    await stage.team("Keys");
    const admin = await stage.member("Keys", "admin");
    const { page, complaints } = admin;
    await show(page, "/settings/keys");
    expect(await page.textContent("main")).toContain("No keys yet.");
    const form = panel(page, "Make a key");
    await form.getByLabel("Name").fill("Grafana");
    await form.getByLabel(/^Reports/).uncheck();
    expect(await button(form, "Make the key").isDisabled()).toBe(true);
    await form.getByLabel(/^The team, its members/).check();
    await button(form, "Make the key").click();
    const key = (await form.locator(".shown-once code").textContent()) ?? "";
    const use = async (path: string) =>
      (await fetch(stage.url + path, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await use("/api/members")).toBe(200);
    expect(await use("/api/audit")).toBe(403);
    await show(page, "/settings/keys");
    expect(await page.content()).not.toContain(key);
    expect(await row(page, "Grafana").textContent()).toContain("team:read");
    await confirm(page, "Revoke: Grafana");
    await row(page, "Grafana").getByText("revoked").waitFor();
    expect(await use("/api/members")).toBe(401);
    const described = await page.request.get(
      `${stage.url}${await page.getByRole("link", { name: "The API's description" }).getAttribute("href")}`,
    );
    expect(described.status()).toBe(200);
    expect(complaints).toEqual([]);
  });

  describe("the audit log", () => {
    it("shows what was done, by kind, and exports all of it", async () => {
      await stage.team("Audit");
      const admin = await stage.member("Audit", "admin", { viewer: "Ada" });
      const { page } = admin;
      await stage.ask(admin, "PATCH /api/team", { features: { projects: true } });
      await stage.ask(admin, "POST /api/invites", { email: "d@example.com", role: "viewer" });
      await show(page, "/settings/audit");
      const log = panel(page, "What was done");
      expect(await log.locator("tbody td:nth-child(3)").allTextContents()).toEqual([
        "member.invite",
        "team.update",
        "sign_in",
      ]);
      expect(await row(log, "team.update").textContent()).toMatch(/Ada.*projects: true/);
      await log.getByLabel("Which actions").selectOption("member.invite");
      await eventually(() => log.locator("tbody tr").count()).toBe(1);
      await log.getByLabel("Which actions").selectOption("team.mode");
      await log.getByText("Nothing of this kind was done yet.").waitFor();
      for (const [name, type] of [
        ["Export for checking", "application/x-ndjson"],
        ["Export as CSV", "text/csv"],
      ] as const) {
        const href = await log.getByRole("link", { name }).getAttribute("href");
        const answer = await page.request.get(stage.url + href);
        expect(answer.headers()["content-type"]).toContain(type);
        expect(await answer.text()).toContain("member.invite");
        const download = page.waitForEvent("download");
        await log.getByRole("link", { name }).click();
        expect((await download).suggestedFilename()).toMatch(/\.(ndjson|csv)$/);
      }
      await log.getByLabel("Which actions").selectOption("export");
      await eventually(() => log.locator("tbody tr").count()).toBe(4);
    });

    it("is checked, and says which entry is not as it was written", async () => {
      await stage.team("Chain");
      const admin = await stage.member("Chain", "admin");
      const { page } = admin;
      for (const role of ["viewer", "manager"]) {
        await stage.ask(admin, "POST /api/invites", { email: `${role}@example.org`, role });
      }
      await show(page, "/settings/audit");
      await button(page, "Check the chain").click();
      await page.getByText(/^Whole: 3 entries, up to [0-9a-f]{16}\.$/).waitFor();
      const of = "team = (SELECT id FROM teams WHERE name = 'Chain') AND seq = 2";
      await stage.tamper(`UPDATE audit SET metadata = '{"role":"owner"}' WHERE ${of}`);
      await button(page, "Check the chain").click();
      await page.getByText(/^Not whole: entry 2 is not as it was written/).waitFor();
      expect(await page.getByText(/^Whole:/).count()).toBe(0);
    });
  });

  describe("one's account", () => {
    it("is renamed, as others and the log see it", async () => {
      await stage.team("Account");
      const owner = await stage.member("Account", "owner");
      const tab = await stage.member("Account", "viewer");
      await show(tab.page, "/settings/account");
      await tab.page.getByLabel("Name").fill("Grace 👩🏽‍💻");
      await button(tab.page, "Save").click();
      await tab.page.getByText("Saved.").waitFor();
      await show(owner.page, "/settings/members");
      expect(await row(owner.page, "Grace 👩🏽‍💻").count()).toBe(1);
      // A name that looks like another's by what cannot be seen is refused.
      await tab.page.getByLabel("Name").fill("ow\u202Ener");
      await button(tab.page, "Save").click();
      await tab.page.getByText("Something in the form is not valid").waitFor();
    });

    it("shows the machines that the member linked, once and after a question, and shows them to nobody else", async () => {
      await stage.team("Own machines");
      const owner = await stage.member("Own machines", "owner");
      const [made] = await stage.machines(owner, 1);
      if (made === undefined) throw new Error("none");
      expect(await stage.report(made, "full")).toBe(204);
      const { page, complaints } = await stage.member("Own machines", "viewer");
      const mine = panel(page, "My machines");
      await show(page, "/settings/account");
      await mine.getByText("talos account", { exact: true }).waitFor();
      const code = await stage.linkCode(made);
      await page.goto(`/settings/account#${code}`);
      await mine.getByText("Is this link from your own machine?").waitFor();
      expect(new URL(page.url()).hash).toBe("");
      expect(await mine.locator("[data-key]").count()).toBe(0);
      await button(mine, "Link this machine").click();
      await mine.getByText("Full content, set by the default configuration").waitFor();
      expect(await mine.textContent()).toContain("nothing: numbers alone leave it");
      expect(await mine.textContent()).toContain("Counts only and keeps content and categories for 90 days");
      await show(owner.page, "/settings/account");
      await panel(owner.page, "My machines").getByText("No machine is linked to you").waitFor();
      await page.goto(`/settings/account#${code}`);
      await button(mine, "Link this machine").click();
      await mine.getByText("This link no longer works").waitFor();
      await button(mine, "Do not link").click();
      await confirm(mine, "Unlink my machines");
      await mine.getByText("No machine is linked to you").waitFor();
      expect(complaints).toEqual([]);
    });

    it("is signed out everywhere, on this browser and the others", async () => {
      await stage.team("Everywhere");
      const other = await stage.member("Everywhere", "viewer");
      const { page } = await stage.member("Everywhere", "viewer");
      await show(page, "/settings/account");
      expect(await panel(page, "Where I am signed in").locator("li").count()).toBe(2);
      expect(await page.getByText("this browser").count()).toBe(1);
      await confirm(page, "Sign out everywhere");
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      await other.page.reload();
      await other.page.getByRole("heading", { name: "You are signed out" }).waitFor();
    });
  });

  describe("a keyboard", () => {
    it("asks, leaves by Escape with everything as it was, and comes back to the button", async () => {
      await stage.team("Keyboard");
      const tab = await stage.member("Keyboard", "owner");
      const { page } = tab;
      await stage.ask(tab, "POST /api/keys", { label: "One", scopes: ["reports:read"] });
      await show(page, "/settings/keys");
      await button(page, "Revoke: One").focus();
      await page.keyboard.press("Enter");
      await eventually(() => focused(page)).toBe("Revoke");
      await page.keyboard.press("Escape");
      await eventually(() => focused(page)).toBe("Revoke: One");
      expect(await row(page, "One").textContent()).not.toContain("revoked");
      await page.keyboard.press("Enter");
      await eventually(() => focused(page)).toBe("Revoke");
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe("Cancel");
      await page.keyboard.press("Enter");
      await eventually(() => focused(page)).toBe("Revoke: One");
      await page.keyboard.press("Enter");
      await eventually(() => focused(page)).toBe("Revoke");
      await page.keyboard.press("Enter");
      await row(page, "One").getByText("revoked").waitFor();
      // The button went with what it did: the focus is in its panel, not lost.
      await eventually(() =>
        panel(page, "Keys").evaluate((element) => element === document.activeElement),
      ).toBe(true);
    });

    it("fills a form and sends it", async () => {
      await stage.team("Form");
      const { page } = await stage.member("Form", "owner");
      await show(page, "/settings/keys");
      await page.getByLabel("Name").focus();
      await page.keyboard.type("By hand");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await row(page, "By hand").waitFor();
      expect(await page.evaluate(() => document.activeElement?.className)).toBe("shown-once");
    });
  });

  describe("a failure", () => {
    it("is said in words, and trying again works", async () => {
      await stage.team("Failing");
      const { page } = await stage.member("Failing", "owner");
      await page.route("**/api/keys", (route) =>
        route.fulfill({ status: 503, json: { error: { code: "temporarily_unavailable", message: "x" } } }),
      );
      await page.goto("/settings/keys");
      await page.getByText("The server failed (status 503, temporarily_unavailable).").waitFor();
      await page.unroute("**/api/keys");
      await button(page, "Try again").click();
      await page.getByText("No keys yet.").waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
    });

    it("of an action stays beside it, and nothing is done twice", async () => {
      await stage.team("Slow");
      const tab = await stage.member("Slow", "owner");
      const { page } = tab;
      await stage.ask(tab, "POST /api/keys", { label: "One", scopes: ["reports:read"] });
      await show(page, "/settings/keys");
      const calls: string[] = [];
      page.on("request", (request) => calls.push(request.method()));
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/api/keys/*", async (route) => {
        await held;
        await route.abort();
      });
      await confirm(page, "Revoke: One");
      expect(await page.locator(".asking .danger").isDisabled()).toBe(true);
      await page.keyboard.press("Escape");
      expect(await page.locator(".asking").count()).toBe(1);
      release();
      await page.locator(".asking").getByText("The server did not answer.").waitFor();
      expect(calls.filter((method) => method === "DELETE")).toHaveLength(1);
      await page.unroute("**/api/keys/*");
      await page.locator(".asking .danger").click();
      await row(page, "One").getByText("revoked").waitFor();
    });

    it("answers that come late leave an outline of words meanwhile", async () => {
      await stage.team("Late");
      const { page } = await stage.member("Late", "owner");
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/api/account", async (route) => {
        await held;
        await route.continue();
      });
      await page.goto("/settings/account");
      await page.locator(".settings-page").getByText("Loading…").waitFor();
      release();
      await panel(page, "Who I am").waitFor();
    });
  });

  it("whoever is signed out finds nothing but how to sign in", async () => {
    const { page, complaints } = await stage.tab();
    for (const path of PATHS) {
      await page.goto(path);
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      expect(await page.locator(".settings, .settings-page, section.panel").count()).toBe(0);
    }
    expect(complaints).toEqual([]);
  });

  it("a page that is not there says so, inside the settings too", async () => {
    await stage.team("Nowhere");
    const { page } = await stage.member("Nowhere", "viewer");
    await page.goto("/settings/nowhere");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "Go to the team's settings" }).click();
    await panel(page, "This team").waitFor();
  });

  describe("the first page", () => {
    it("loads nothing of the settings, nor what checks their answers", async () => {
      await stage.team("Quick");
      const { page } = await stage.member("Quick", "owner");
      const scripts: string[] = [];
      page.on("response", (answer) => {
        if (answer.url().endsWith(".js")) scripts.push(new URL(answer.url()).pathname);
      });
      await page.goto("/");
      await page.locator(".team").waitFor();
      await page.waitForLoadState("networkidle").catch(() => undefined);
      const sources = scripts.map((path) => readFileSync(here(`dist${path}`), "utf8"));
      const has = (text: string) => sources.some((source) => source.includes(text));
      expect(sources.length).toBeGreaterThan(0);
      expect(has("Zod")).toBe(false);
      expect(has("Enrolment tokens")).toBe(false);
      // The words that were looked for are in what the settings load.
      const all = readdirSync(here("dist/assets")).map((name) =>
        readFileSync(here(`dist/assets/${name}`), "utf8"),
      );
      for (const word of ["Zod", "Enrolment tokens"])
        expect(all.some((text) => text.includes(word))).toBe(true);
    });
  });

  describe("everybody", () => {
    const LONG = {
      viewer: "W".repeat(80),
      manager: "מריה كوهين 👩🏽‍💻 Wolfeschlegelsteinhausenbergerdorff",
    };

    /** As long as names may be. */
    const longNamed = (name: string) => `${name} `.padEnd(80, "W");

    async function fullTeam(name: string): Promise<void> {
      await stage.team(name);
      const owner = await stage.member(name, "owner", { viewer: "Ada Lovelace" });
      const machines = await stage.machines(owner, 5);
      await Promise.all(machines.map((each) => stage.report(each)));
      await stage.member(name, "viewer", { viewer: LONG.viewer });
      await stage.member(name, "manager", { viewer: LONG.manager });
      await stage.ask(owner, "POST /api/invites", {
        email: `${"grace.".repeat(10)}hopper@${"engineering-department.".repeat(3)}example.com`,
        role: "manager",
      });
      await stage.ask(owner, "PUT /api/groups/csv", {
        csv: `developer,group\n${machines[0]?.developer.id},Platform\n${machines[1]?.developer.id},${"Longgroup".repeat(8)}\n`,
      });
      await stage.ask(owner, "POST /api/keys", {
        label: "k".repeat(80),
        scopes: ["reports:read", "team:read"],
      });
      await stage.ask(owner, "POST /api/enrolment-tokens", { kind: "person", label: "l".repeat(80) });
      await stage.closeTabs();
    }

    /** Each page with something open on it. */
    const PREPARED: [path: string, prepare: (page: Page) => Promise<unknown>][] = [
      ["/settings", (page) => page.getByRole("button", { name: /^Delete: Platform/ }).click()],
      ["/settings/privacy", (page) => button(page, "Full content").click()],
      ["/settings/members", (page) => page.getByRole("button", { name: /^Remove: W/ }).click()],
      [
        "/settings/members",
        async (page) => {
          await page.getByLabel(/^Role of W/).selectOption("Owner");
          await page.getByRole("button", { name: /^Make owner/ }).click();
        },
      ],
      [
        "/settings/agents",
        async (page) => {
          await button(page, "Many machines, by MDM").click();
          await button(page, "Make the token").click();
          await page.locator(".shown-once").waitFor();
        },
      ],
      [
        "/settings/audit",
        async (page) => {
          await button(page, "Check the chain").click();
          await page.getByText(/^Whole:/).waitFor();
        },
      ],
      [
        "/settings/keys",
        async (page) => {
          await page.getByLabel("Name").fill("x".repeat(80));
          await button(page, "Make the key").click();
          await page.locator(".shown-once").waitFor();
        },
      ],
      ["/settings/account", (page) => button(page, "Sign out everywhere").click()],
      ["/invite", (page) => page.getByText("Join with an invite").waitFor()],
      ["/invite#code", (page) => page.getByLabel("Your name").waitFor()],
    ];

    it.each([
      { name: "light", options: {} },
      { name: "dark", options: { colorScheme: "dark" } },
      { name: "narrow", options: NARROW },
      { name: "dark and narrow", options: { ...NARROW, colorScheme: "dark" } },
    ] as const)(
      "can use each page, $name: axe finds nothing, and nothing is wider than the window",
      async ({ name, options }) => {
        const team = longNamed(`Everybody ${name}`);
        await fullTeam(team);
        const { page, complaints } = await stage.member(team, "owner", {
          viewer: "Ada Lovelace",
          ...options,
        });
        for (const [path, prepare] of PREPARED) {
          await page.goto("about:blank");
          await show(page, path);
          await prepare(page);
          await settled(page);
          expect(await violations(page), `${path}, ${name}`).toEqual([]);
          expect(await widerThanWindow(page), `${path}, ${name}`).toEqual([]);
        }
        expect(complaints).toEqual([]);
      },
    );

    it("reads whole tables where there is room, however long the names are", async () => {
      const team = longNamed("Tables");
      await fullTeam(team);
      const { page } = await stage.member(team, "owner", { viewer: "Ada Lovelace" });
      for (const path of PATHS) {
        await show(page, path);
        const cut = await page
          .locator(".panel .scroll")
          .evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).length);
        expect([path, cut]).toEqual([path, 0]);
      }
    });

    it.each([320, 700, 861, 1000])("can read each page %d pixels wide", async (width) => {
      const team = longNamed(`Wide ${width}`);
      await fullTeam(team);
      const { page } = await stage.member(team, "owner", {
        viewer: "Ada Lovelace",
        viewport: { width, height: 800 },
      });
      for (const path of PATHS) {
        await show(page, path);
        expect([path, ...(await widerThanWindow(page))]).toEqual([path]);
      }
    });

    /** What reaches beyond the window or its own panel, unless it is in a table that scrolls. */
    function widerThanWindow(page: Page): Promise<string[]> {
      return page.evaluate(() => {
        const found = [];
        if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
        for (const card of document.querySelectorAll(".panel, .message")) {
          const edge = card.getBoundingClientRect().right;
          for (const each of card.querySelectorAll("*")) {
            if (each.closest(".scroll") && innerWidth > 860) continue;
            if (each.closest(".visually-hidden, thead")) continue;
            if (each.getBoundingClientRect().right > edge + 1) found.push(each.outerHTML.slice(0, 80));
          }
        }
        return found;
      });
    }
  });

  it("nothing is loaded from elsewhere, and the policy that says so is in force", async () => {
    await stage.team("Policy");
    const { page, complaints } = await stage.member("Policy", "owner");
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    for (const path of PATHS) {
      const response = await page.goto(path);
      await settled(page);
      expect(response?.headers()["content-security-policy"]).toMatch(
        /^default-src 'none'; script-src 'self';/,
      );
    }
    expect(requested.filter((url) => !url.startsWith(`${stage.url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.skipIf(process.env["UPDATE_SCREENSHOTS"] !== "1")("have their pictures taken", async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    await stage.team("Northwind");
    const owner = await stage.member("Northwind", "owner", { viewer: "Ada Lovelace" });
    const machines = await stage.machines(owner, 6);
    await Promise.all(machines.map((each) => stage.report(each)));
    for (const [role, viewer] of [
      ["admin", "Grace Hopper"],
      ["manager", "Katherine Johnson"],
      ["viewer", "Alan Turing"],
    ] as const) {
      await stage.member("Northwind", role, { viewer });
    }
    await stage.ask(owner, "POST /api/invites", { email: "barbara@example.com", role: "manager" });
    const pairs = machines.map(({ developer }, n) => `${developer.id},${n < 4 ? "Platform" : "Mobile"}\n`);
    await stage.ask(owner, "PUT /api/groups/csv", { csv: `developer,group\n${pairs.join("")}` });
    await stage.ask(owner, "POST /api/keys", { label: "Grafana", scopes: ["reports:read"] });
    await stage.closeTabs();
    for (const [name, options] of [
      ["light", {}],
      ["dark", { colorScheme: "dark" }],
      ["narrow", NARROW],
    ] as const) {
      const { page, complaints } = await stage.member("Northwind", "owner", {
        viewer: "Ada Lovelace",
        ...options,
      });
      for (const path of PATHS) {
        await show(page, path);
        if (path.endsWith("privacy")) await button(page, "Categories, made locally").click();
        if (path.endsWith("audit")) {
          await button(page, "Check the chain").click();
          await page.getByText(/^Whole:/).waitFor();
        }
        const file = `settings${path.slice("/settings".length).replace("/", "-")}-${name}.png`;
        await page.screenshot({ path: SCREENSHOTS + file });
      }
      expect(complaints).toEqual([]);
    }
  });
});
