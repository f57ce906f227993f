// The document's two stories, played by a client whose types are generated from the description.
// What only a phone or WeChat knows, the test tells: one line asked, one line answered.

import { strict as assert } from "node:assert";
import { createInterface } from "node:readline/promises";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];
type Values = components["schemas"]["FillBodyRequest"]["values"];

const site = process.env["SITE"];
assert(site, "SITE is not set");
const anybody: Client<paths> = createClient<paths>({ baseUrl: site });

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function told(what: string): Promise<string> {
  console.log(`? ${what}`);
  const line: string | undefined = (await lines.next()).value;
  assert(line, `nobody told ${what}`);
  return line;
}

/** What was answered; a problem ends the story with its sentence. */
function found<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  assert(answer.response.ok, `${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data as Data;
}

function refused(answer: { error?: Problem | undefined; response: Response }, status: number, code: string): void {
  assert.equal(answer.response.status, status);
  assert.equal(answer.error?.code, code);
}

function only<Item>(items: Item[], is: (item: Item) => boolean = () => true): Item {
  const [first, ...more] = items.filter(is);
  assert(first !== undefined && more.length === 0, `one of ${items.length} was expected`);
  return first;
}

function version(answer: { response: Response }): string {
  const etag = answer.response.headers.get("ETag");
  assert(etag, "a record has a version");
  return etag;
}

function bearing(token: string): Client<paths> {
  return createClient<paths>({ baseUrl: site as string, headers: { Authorization: `Token ${token}` } });
}

// -- signing in ---------------------------------------------------------------------------

async function bySms(phone: string): Promise<Client<paths>> {
  const { request } = found(await anybody.POST("/api/v1/auth/sms/", { body: { phone } }));
  const code = await told(`sms ${phone}`);
  const body = { request, code, device: "TypeScript" };
  const { token } = found(await anybody.POST("/api/v1/auth/sms/login/", { body }));
  return bearing(token);
}

async function byWechat(phone: string): Promise<Client<paths>> {
  const code = await told("wechat");
  refused(await anybody.POST("/api/v1/auth/wechat/", { body: { code } }), 403, "phone_unverified");
  const body = { code: await told("wechat"), phone_code: await told(`wechat_phone ${phone}`) };
  return bearing(found(await anybody.POST("/api/v1/auth/wechat/", { body })).token);
}

async function introduce(person: Client<paths>, name: string, id_number: string): Promise<void> {
  refused(await person.GET("/api/v1/houses/"), 403, "notice_missing");
  for (const kind of ["notice", "sensitive"] as const) {
    found(await person.POST("/api/v1/me/consents/", { body: { kind } }));
  }
  refused(await person.GET("/api/v1/houses/"), 403, "identity_missing");
  found(await person.POST("/api/v1/me/identity/", { body: { name, id_number } }));
}

async function family(owner: Client<paths>) {
  const { members } = only(found(await owner.GET("/api/v1/houses/")).results);
  return (name: string) => only(members, (member) => member.name === name);
}

const REST: Values = {
  ethnicity: "01",
  registered_address: "河北省秦皇岛市海港区文化路1号",
  political_status: 1,
  is_veteran: false,
  is_low_income: false,
};

// -- the stories --------------------------------------------------------------------------

async function wifeArrives(owner: Client<paths>): Promise<void> {
  const wife = await byWechat("13800000002");
  await introduce(wife, "李梅", "110105198205120022");
  found(await wife.POST("/api/v1/bindings/match/"));
  const { id } = only(found(await owner.GET("/api/v1/requests/")).results);
  found(await owner.POST("/api/v1/requests/{id}/answer/", { params: { path: { id } }, body: { accept: true } }));

  const record = await wife.GET("/api/v1/me/record/");
  assert(found(record).missing.some((owed) => owed.label === "民族"));
  const header = { "If-Match": version(record) };
  found(await wife.PATCH("/api/v1/me/record/", { params: { header }, body: { values: REST } }));
  const again = await wife.PATCH("/api/v1/me/record/", { params: { header }, body: { values: REST } });
  refused(again, 412, "stale");

  const her = (await family(owner))("李梅");
  assert.equal(her.status, "activated");
  const path = { id: her.id };
  found(await wife.PUT("/api/v1/members/{id}/nickname/", { params: { path }, body: { nickname: "孩儿他妈" } }));
  assert.equal((await family(owner))("孩儿他妈").sight, "brief");
  refused(await owner.GET("/api/v1/members/{id}/record/", { params: { path } }), 403, "self_managed");
}

async function fatherIsFilledFor(owner: Client<paths>): Promise<void> {
  const home = await family(owner);
  const path = { id: home("周父").id };
  const record = await owner.GET("/api/v1/members/{id}/record/", { params: { path } });
  const header = { "If-Match": version(record) };
  const draft = { values: { contact: home("老周").person }, submit: false };
  const kept = await owner.PATCH("/api/v1/members/{id}/record/", { params: { path, header }, body: draft });
  const entry = { id: found(kept).id };
  found(await owner.PATCH("/api/v1/entries/{id}/", { params: { path: entry }, body: { values: REST } }));
  found(await owner.POST("/api/v1/entries/{id}/submit/", { params: { path: entry } }));
  assert.equal((await family(owner))("周父").status, "completed");
}

const owner = await bySms("13800000001");
await introduce(owner, "老周", "110105198003070012");
found(await owner.POST("/api/v1/sync/"));
await wifeArrives(owner);
console.log("wife arrived");
await fatherIsFilledFor(owner);
console.log("father filled for");
process.exit(0);
