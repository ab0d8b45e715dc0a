// The loop at a bank's page: redeem a fund, be asked, answer, see the voice and the case, close it.
import assert from 'node:assert/strict';
import { go } from './lib.mjs';

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

  await t.step('the answer is a voice within seconds', async () => {
    await go(staff, '/insight/voices?touchpoint=fund-redeem');
    await staff.getByText(said).first().waitFor({ timeout: 15_000 });
    console.log(`       ${Date.now() - answered} ms from the answer to the voice on screen`);
  });

  await t.step('the answer opened a case, taken and closed with the keyboard', async () => {
    await go(staff, '/act/cases?view=team');
    await staff.getByText(said).first().waitFor({ timeout: 15_000 });
    await staff.keyboard.press('j');
    for (let i = 0; i < 20; i += 1) {
      const at = await staff.evaluate(() => document.activeElement?.closest('[data-entry]')?.textContent ?? '');
      if (at.includes(said)) break;
      await staff.keyboard.press('j');
    }
    await staff.keyboard.press('Enter');
    await staff.getByRole('button', { name: /^Take/ }).waitFor();
    await staff.keyboard.press('t');
    await staff.getByRole('button', { name: /^Take/ }).waitFor({ state: 'detached' });
    await staff.keyboard.press('r');
    const dialog = staff.getByRole('dialog', { name: /^Close case/ });
    await dialog.getByRole('button', { name: 'Waiting' }).focus();
    await staff.keyboard.press('Space');
    await dialog.getByLabel('What was done').focus();
    await staff.keyboard.type('Called, explained the delay and sent the money today.');
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().focus();
    await staff.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await staff.getByRole('button', { name: 'Reopen' }).waitFor();
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
