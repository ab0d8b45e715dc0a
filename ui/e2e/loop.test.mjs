// The loop at a bank's page: redeem a fund, be asked, answer, and find the voice and the case.
import assert from 'node:assert/strict';

const FUND = 'Blue Chip Select';

/** Calls the staff API with the session and CSRF token of a signed-in page. */
async function call(page, method, path, body) {
  const answer = await page.evaluate(
    async ([verb, url, sent]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      const response = await fetch(url, { method: verb, headers, body: sent && JSON.stringify(sent) });
      return { status: response.status, body: await response.json().catch(() => null) };
    },
    [method, `/api/v1${path}`, body],
  );
  assert.ok(answer.status < 300, `${method} ${path} gave ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Asks a list again until an entry fits; at most 20 s. */
async function until(page, path, fits) {
  for (let i = 0; i < 40; i += 1) {
    const found = (await call(page, 'GET', path)).items.find(fits);
    if (found) return found;
    await page.waitForTimeout(500);
  }
  throw new Error(`nothing that fits came to ${path}`);
}

export default async function loop(t) {
  const staff = await t.open('/');
  // Letters only: long numbers are redacted before anybody reads them.
  const mark = Array.from({ length: 6 }, () => 'abcdefghjkmnpqrst'[Math.floor(Math.random() * 17)]).join('');
  const said = `Very slow, the money took nine days to arrive, ${mark}`;
  const made = await call(staff, 'POST', '/api-keys', { name: 'browser test', role: 'ingest' });
  const context = await t.browser.newContext({ locale: 'en-GB' });
  let answered = 0;

  await t.step('a redeemed fund is asked about by its name within seconds', async () => {
    const bank = await context.newPage();
    await bank.goto(`${t.url}/demo-bank?lang=en&key=${encodeURIComponent(made.secret)}`);
    const item = bank.getByRole('listitem').filter({ hasText: FUND });
    await item.getByRole('button', { name: 'Redeem' }).click();
    const asked = bank.frameLocator('peakend-ask iframe');
    await asked.getByText(`Why did you redeem ${FUND}?`).first().waitFor({ timeout: 20_000 });
    // One question at a time: answer what stands there, then go on.
    const onward = async () => asked.locator('button:visible').last().click();
    await asked.locator('input[name="why"][value="service"]').check({ force: true });
    await onward();
    await asked.locator('#q-nps').waitFor();
    await asked.locator('input[name="nps"][value="2"]').check({ force: true });
    await onward();
    await asked.locator('textarea[name="comment"]').fill(said);
    await onward();
    await asked.getByText('Thank you').first().waitFor();
    answered = Date.now();
  });

  await t.step('the answer is a voice and a case within seconds', async () => {
    const voice = await until(staff, '/voices?touchpoint=fund-redeem&limit=50', (one) => one.text.includes(said));
    console.log(`       ${Date.now() - answered} ms from the answer to the voice`);
    assert.equal(voice.nps, 2);
    await until(staff, '/cases?view=all&limit=50', (one) => JSON.stringify(one).includes(mark));
  });
  await context.close();

  await t.step('the respondent page works without JavaScript', async () => {
    const surveys = await call(staff, 'GET', '/surveys');
    const survey = surveys.items.find((one) => one.code === 'fund-redemption');
    assert.ok(survey, 'the demo bank has no survey fund-redemption');
    const link = await call(staff, 'POST', `/surveys/${survey.id}/links`, { context: {} });
    const plain = await t.browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    const page = await plain.newPage();
    await page.goto(new URL(link.url, t.url).href);
    for (let i = 0; i < 6 && !(await page.getByText('Thank you').count()); i += 1) {
      for (const name of ['why', 'nps']) {
        const choice = page.locator(`input[name="${name}"]`).first();
        if (await choice.count()) await choice.check({ force: true });
      }
      await page.locator('button[type=submit]').last().click();
    }
    await page.getByText('Thank you').first().waitFor();
    await plain.close();
  });
}
